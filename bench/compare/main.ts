import { accessSync, constants } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Candidate } from './candidate.ts'
import { veth, vxlan } from './candidates/kernel.ts'
import { n2n } from './candidates/n2n.ts'
import { nebula } from './candidates/nebula.ts'
import { openvpn } from './candidates/openvpn.ts'
import { tinc } from './candidates/tinc.ts'
import { fastPath, sleeve, sleeveOverTls } from './candidates/weave.ts'
import { givenWireguardGo, wireguardGo } from './candidates/wireguard-go.ts'
import { compare } from './compare.ts'
import { type Options, parseOptions } from './options.ts'
import { quote, writeQuotation } from './quotation.ts'
import { readRecord } from './record.ts'
import { describeRevision } from './revision.ts'
import { writeResults } from './write-up.ts'

const ALL: readonly Candidate[] = [
  ...[sleeve, fastPath, sleeveOverTls],
  ...[openvpn, nebula, tinc, wireguardGo, n2n],
  ...[vxlan, veth],
]
const ROOT = join(import.meta.dirname, '..', '..')

const HELP = `Compares the overlay with its peers: npm run bench -- [options]

  --short              what the goals ask for, in about 20 minutes, rather than all under every condition, in about 75
  --quick              one short round, to see whether everything works
  --rounds N           interleaved rounds (3)
  --only A,B           these candidates only: ${ALL.map(({ name }) => name).join(', ')}
  --wireguard-go PATH  a wireguard-go of one's own, beside the one from apt: two of the goals are set by one of 2025
  --results PATH       where results.json, results.md and the charts go (bench/results)
  --quote              measure nothing, and quote the results that are there
  --write              put the quotation into README.md
`

const options = parseOptions(process.argv.slice(2))
if (options.isHelpWanted) process.stdout.write(HELP)
else await main(options)

async function main({ results: wish, isQuoteWanted, isWriteWanted, ...asked }: Options): Promise<void> {
  const folder = wish ?? join(ROOT, 'bench', 'results')
  if (!isQuoteWanted) console.log(`\n${await run(folder, asked)}`)
  const record = readRecord(folder)
  if (isWriteWanted) writeQuotation(join(ROOT, 'README.md'), record)
  else if (isQuoteWanted) console.log(quote(record))
}

type Asked = Pick<Options, 'extent' | 'extentName' | 'command' | 'only' | 'wireguardGo'>

async function run(folder: string, { extent, extentName, command, only, wireguardGo }: Asked): Promise<string> {
  const candidates = candidatesAsked({ only, wireguardGo })
  const startedAt = performance.now()
  const origin = { command, extent: extentName, rounds: extent.rounds, revision: describeRevision(ROOT) }
  let text = ''
  await compare({
    candidates,
    extent,
    write: results => {
      const minutes = Math.round((performance.now() - startedAt) / 60_000)
      text = writeResults({ folder, origin: { ...origin, minutes }, candidates, results })
    },
  })
  return text
}

function candidatesAsked({ only, wireguardGo }: Pick<Options, 'only' | 'wireguardGo'>): readonly Candidate[] {
  const candidates = ALL.filter(({ name }) => only.length === 0 || only.includes(name))
  if (candidates.length === 0) throw new Error(`--only ${only.join(',')}: no such candidate`)
  if (wireguardGo === undefined) return candidates
  const program = resolve(wireguardGo)
  accessSync(program, constants.X_OK)
  return [...candidates, givenWireguardGo(program)]
}
