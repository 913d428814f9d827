import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Candidate } from './candidate.ts'
import { veth, vxlan } from './candidates/kernel.ts'
import { n2n } from './candidates/n2n.ts'
import { nebula } from './candidates/nebula.ts'
import { openvpn } from './candidates/openvpn.ts'
import { tinc } from './candidates/tinc.ts'
import { fastPath, sleeve } from './candidates/weave.ts'
import { wireguardGo } from './candidates/wireguard-go.ts'
import { compare } from './compare.ts'
import { EXTENTS, type Extent, type ExtentName } from './extent.ts'
import { quote, writeQuotation } from './quotation.ts'
import { readRecord } from './record.ts'
import { writeResults } from './write-up.ts'

const ALL: readonly Candidate[] = [sleeve, fastPath, openvpn, nebula, tinc, wireguardGo, n2n, vxlan, veth]
const ROOT = join(import.meta.dirname, '..', '..')

const HELP = `Compares the overlay with its peers: npm run bench -- [options]

  --short          all that the goals ask for, in about a quarter of an hour, rather than everything
  --quick          one short round, to see whether everything works
  --rounds N       interleaved rounds (3)
  --only A,B       these candidates only: ${ALL.map(({ name }) => name).join(', ')}
  --results PATH   where results.json, results.md and the charts go (bench/results)
  --quote          measure nothing, and quote the results that are there
  --write          put the quotation into README.md
`

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    only: { type: 'string', default: ALL.map(({ name }) => name).join(',') },
    short: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    quote: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    results: { type: 'string', default: join(ROOT, 'bench', 'results') },
    help: { type: 'boolean', default: false },
  },
})

if (options.help) process.stdout.write(HELP)
else await main()

async function main(): Promise<void> {
  const candidates = ALL.filter(({ name }) => options.only.split(',').includes(name))
  if (candidates.length === 0) throw new Error(`--only ${options.only}: no such candidate`)
  if (!options.quote) {
    const extent = extentAsked()
    let text = ''
    await compare({
      candidates,
      extent,
      write: results => {
        text = writeResults({ folder: options.results, extent, candidates, results })
      },
    })
    console.log(`\n${text}`)
  }
  const record = readRecord(options.results)
  if (options.write) writeQuotation(join(ROOT, 'README.md'), record)
  else if (options.quote) console.log(quote(record))
}

function extentAsked(): Extent {
  const short: ExtentName = options.short ? 'short' : 'whole'
  const extent = EXTENTS[options.quick ? 'quick' : short]
  const rounds = Number(options.rounds ?? extent.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${options.rounds}: a number from 1 on is wanted`)
  return { ...extent, rounds }
}
