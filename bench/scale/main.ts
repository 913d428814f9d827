import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { sectionOf, withSection } from '../../test/simulation/scale-page.ts'
import { describeMachine } from '../compare/write-up.ts'
import { CASES } from './cases.ts'
import { type Measure, summarise } from './figures.ts'
import { describeFigures } from './report.ts'

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'scale.md')

/** Where hosts have their files: on one disk all would wait for each other's. */
const MEMORY_FOLDER = '/dev/shm'

const HELP = `Measures clusters of real agents, each in a network namespace of its own: npm run bench:scale -- [options]

  --repeats N      how often each case is measured (3); figures are medians
  --routers N      routers in chain, star and mesh (30)
  --large N        routers in the large mesh (60)
  --only A,B       these cases only: ${Object.keys(CASES).join(', ')}
  --json           the figures as JSON
  --write          also into docs/scale.md, in the section of this command; rows of other cases stay
`

const { values: options } = parseArgs({
  options: {
    repeats: { type: 'string', default: '3' },
    routers: { type: 'string', default: '30' },
    large: { type: 'string', default: '60' },
    only: { type: 'string', default: Object.keys(CASES).join(',') },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const sizes = { repeats: Number(options.repeats), routers: Number(options.routers), large: Number(options.large) }
const wanted = options.only.split(',')

if (options.help) process.stdout.write(HELP)
else if (wanted.some(name => !Object.hasOwn(CASES, name)) || !Object.values(sizes).every(isSize)) {
  process.stderr.write(HELP)
  process.exitCode = 2
} else await measure()

async function measure(): Promise<void> {
  if (existsSync(MEMORY_FOLDER)) process.env.TMPDIR ??= MEMORY_FOLDER
  const values = new Map<Measure, number[]>()
  for (const name of wanted) {
    await CASES[name]?.({
      ...sizes,
      found: (measure, value) => {
        values.set(measure, [...(values.get(measure) ?? []), value])
        process.stderr.write(`${name}: ${measure} ${value.toFixed(2)}\n`)
      },
    })
  }
  const run = { ...sizes, machine: describeMachine(), figures: summarise(values) }
  const page = readFileSync(PAGE, 'utf8')
  const section = describeFigures(run, sectionOf(page, 'measured'))
  process.stdout.write(options.json ? `${JSON.stringify(run, undefined, 2)}\n` : section)
  if (options.write) writeFileSync(PAGE, withSection(page, 'measured', section))
}

/** The last byte of an address is the number of a host. */
function isSize(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 1 && count <= 250
}
