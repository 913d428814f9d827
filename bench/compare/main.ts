import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { AgentLab } from '../../test/system/agent/agent-lab.ts'
import { type Candidate, type Contestant, DISTANCES } from './candidate.ts'
import { veth, vxlan } from './candidates/kernel.ts'
import { n2n } from './candidates/n2n.ts'
import { nebula } from './candidates/nebula.ts'
import { openvpn } from './candidates/openvpn.ts'
import { tinc } from './candidates/tinc.ts'
import { sleeve } from './candidates/weave.ts'
import { wireguardGo } from './candidates/wireguard-go.ts'
import { awaitRoutes, createChainLab } from './chain-lab.ts'
import { awaitQuiet, withLoss } from './conditions.ts'
import { residentMegabytes } from './daemons.ts'
import { measureLoaded, measureRoundTrip, measureSmall, measureStream } from './measures.ts'
import { type Measure, Results } from './results.ts'
import { writeResults } from './write-up.ts'

const ALL: readonly Candidate[] = [sleeve, openvpn, nebula, tinc, wireguardGo, n2n, vxlan, veth]

const HELP = `Compares the overlay with its peers: bench/run.sh [options]

  --rounds N       interleaved rounds (3)
  --only A,B       these candidates only: ${ALL.map(({ name }) => name).join(', ')}
  --quick          one round: TCP, small packets and round trips, direct and over one relay
  --results PATH   where results.json, results.md and the charts go (bench/results)
`

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: ALL.map(({ name }) => name).join(',') },
    quick: { type: 'boolean', default: false },
    results: { type: 'string', default: join(import.meta.dirname, '..', 'results') },
    help: { type: 'boolean', default: false },
  },
})

if (options.help) process.stdout.write(HELP)
else await compare()

async function compare(): Promise<void> {
  const candidates = ALL.filter(({ name }) => options.only.split(',').includes(name))
  const rounds = options.quick ? 1 : Number(options.rounds)
  const results = new Results()
  await onLab(1500, candidates, async contestants => {
    memory(results, contestants, 'memoryIdle')
    for (let round = 1; round <= rounds; round++) {
      for (const contestant of contestants) await distances(results, contestant, `round ${round} of ${rounds}`)
      if (options.quick) continue
      for (const percent of [0.1, 1]) {
        for (const contestant of contestants) await lossy(results, contestant, percent)
      }
    }
    memory(results, contestants, 'memoryLoaded')
  })
  if (!options.quick) {
    await onLab(9000, candidates, async contestants => {
      for (let round = 1; round <= rounds; round++) {
        for (const contestant of contestants) await jumbo(results, contestant)
      }
    })
  }
  console.log(`\n${writeResults({ folder: options.results, rounds, candidates, results })}`)
}

async function onLab(
  mtu: number,
  candidates: readonly Candidate[],
  act: (contestants: readonly Contestant[]) => Promise<void>,
): Promise<void> {
  const lab = await createChainLab(mtu)
  try {
    const contestants: Contestant[] = []
    for (const candidate of candidates) contestants.push(await start(candidate, lab, mtu))
    await act(contestants)
  } finally {
    await lab.dispose()
  }
}

async function start(candidate: Candidate, lab: AgentLab, mtu: number): Promise<Contestant> {
  process.stdout.write(`starting ${candidate.name} at MTU ${mtu}\n`)
  const contestant = { candidate, lab, ...(await candidate.start(lab, mtu)) }
  await awaitRoutes(contestant)
  return contestant
}

async function distances(results: Results, contestant: Contestant, round: string): Promise<void> {
  for (const condition of DISTANCES) {
    const route = contestant.routes[condition]
    if (route === undefined || (options.quick && condition === 'two relays')) continue
    const { add, isQuiet } = await noting(results, contestant, condition)
    const { p50, p99 } = await measureRoundTrip(contestant, route)
    add('roundTrip', p50)
    add('roundTrip99', p99)
    const { rate, cpuPerGigabyte } = await measureStream(contestant, route)
    add('stream', rate)
    if (cpuPerGigabyte !== undefined) add('cpu', cpuPerGigabyte)
    const loaded = await measureLoaded(contestant, route)
    add('streams', loaded.rate)
    add('roundTripLoaded', loaded.roundTrip)
    if (condition === 'direct') add('small', await measureSmall(contestant, route))
    const noise = isQuiet ? '' : ', noisy'
    console.log(`${round}: ${contestant.candidate.name}, ${condition}: ${rate.toFixed(0)} Mbit/s${noise}`)
  }
}

async function lossy(results: Results, contestant: Contestant, percent: number): Promise<void> {
  const route = contestant.routes.direct
  if (route === undefined) return
  const { add } = await noting(results, contestant, `${percent} % loss`)
  await withLoss(contestant.lab, percent, async () => add('stream', (await measureStream(contestant, route)).rate))
}

async function jumbo(results: Results, contestant: Contestant): Promise<void> {
  const route = contestant.routes.direct
  if (route === undefined) return
  const { add } = await noting(results, contestant, 'MTU 9000')
  add('stream', (await measureStream(contestant, route)).rate)
}

async function noting(results: Results, { candidate }: Contestant, condition: string) {
  const isQuiet = await awaitQuiet()
  const add = (measure: Measure, value: number) => {
    results.add(candidate, { measure, condition }, { value, isNoisy: !isQuiet })
  }
  return { add, isQuiet }
}

function memory(results: Results, contestants: readonly Contestant[], measure: Measure): void {
  for (const { candidate, pids } of contestants) {
    for (const pid of pids.values()) {
      results.add(candidate, { measure, condition: 'direct' }, { value: residentMegabytes(pid), isNoisy: false })
    }
  }
}
