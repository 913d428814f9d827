import { liveThroughNights } from './address-nights.ts'

const USAGE = 'usage: npm run simulate:nights -- [--seed N]'
const FULL = { hosts: 24, replacedEachNight: 20, nights: 30 } as const

const [option, value = '7', ...others] = process.argv.slice(2).filter(word => word !== '--nights')
const seed = Number(value)
if ((option !== undefined && option !== '--seed') || !Number.isSafeInteger(seed) || others.length > 0) {
  console.error(USAGE)
  process.exitCode = 2
} else run(seed)

/** Ends with 1 when an address was leaked or given twice. */
function run(seed: number): void {
  const startedAt = performance.now()
  const { world, hosts, given, givenTwice, refused, errors } = liveThroughNights({ seed, ...FULL })
  const { owned, doubled } = world.survey()
  const leaked = BigInt(hosts * 256) - owned
  const failures = [...world.violations, ...errors]
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(
    `seed ${seed}: ${FULL.nights} nights, ${FULL.replacedEachNight} of ${FULL.hosts} hosts replaced in each, ${hosts} hosts in all: ` +
      `${given} addresses given, ${leaked} leaked, ${doubled} doubled, ${givenTwice} given by host and clone, ${refused} refused (${seconds} s)`,
  )
  for (const failure of failures) console.log(failure)
  if (leaked !== 0n || doubled !== 0n || givenTwice > 0 || refused > 0 || failures.length > 0) process.exitCode = 1
}
