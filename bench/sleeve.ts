import { cpus, loadavg } from 'node:os'
import { AgentLab, residentBytes } from '../test/system/agent/agent-lab.ts'
import { median, medianRoundTrip, type Route, smallPacketRate, streamRate } from './load.ts'
import { NEBULA_NETWORK, startNebula, startTinc, TINC_NETWORK } from './peers.ts'

const ROUNDS = Number(process.argv[2] ?? 3)

interface Candidate {
  readonly name: string
  readonly isPeer: boolean
  readonly route: Route
}

interface Figures {
  readonly stream: number[]
  readonly roundTrip: number[]
  readonly small: number[]
}

const CANDIDATES: readonly Candidate[] = [
  { name: 'sleeve', isPeer: false, route: { from: 'ca', to: 'cb', address: '10.2.2.1' } },
  { name: 'nebula', isPeer: true, route: { from: 'a', to: 'b', address: `${NEBULA_NETWORK}.2` } },
  { name: 'tinc', isPeer: true, route: { from: 'a', to: 'b', address: `${TINC_NETWORK}.2` } },
  { name: 'sleeve, relayed', isPeer: false, route: { from: 'ca', to: 'cc', address: '10.2.3.1' } },
  { name: 'nebula, relayed', isPeer: true, route: { from: 'a', to: 'c', address: `${NEBULA_NETWORK}.3` } },
  { name: 'tinc, relayed', isPeer: true, route: { from: 'a', to: 'c', address: `${TINC_NETWORK}.3` } },
]

const lab = await AgentLab.createChain()
try {
  await measure(lab)
} finally {
  await lab.dispose()
}

async function measure(lab: AgentLab): Promise<void> {
  for (const host of ['a', 'b', 'c']) await lab.launch(host)
  for (const host of ['a', 'b', 'c']) await lab.awaitReachable(host)
  for (const host of ['a', 'b', 'c']) lab.addContainer(host)
  await startNebula(lab)
  await startTinc(lab)
  const figures = new Map<string, Figures>(
    CANDIDATES.map(({ name }) => [name, { stream: [], roundTrip: [], small: [] }]),
  )
  for (let round = 1; round <= ROUNDS; round++) {
    console.log(`round ${round} of ${ROUNDS}, load ${loadavg()[0]?.toFixed(1)}`)
    for (const { name, route } of CANDIDATES) {
      const of = figures.get(name)
      of?.roundTrip.push(await medianRoundTrip(lab, route))
      of?.stream.push(await streamRate(lab, route))
      of?.small.push(await smallPacketRate(lab, route))
    }
  }
  report(figures)
  const resident = ['a', 'b', 'c'].map(host => Math.round(residentBytes(lab.agent(host).pid ?? 0) / 1e6))
  console.log(`\nMemory of the agents: ${resident.join(', ')} MB`)
}

function report(figures: ReadonlyMap<string, Figures>): void {
  console.log(`\n${cpus().length} × ${cpus()[0]?.model}; median (least–most) of ${ROUNDS} interleaved rounds\n`)
  console.log('| | TCP, 1 stream, Mbit/s | ÷ best peer | 64 B UDP received of 100 kpps | RTT p50 ms |')
  console.log('|---|---|---|---|---|')
  for (const { name } of CANDIDATES) {
    const { stream, small, roundTrip } = figures.get(name) ?? { stream: [], small: [], roundTrip: [] }
    const isRelayed = name.endsWith('relayed')
    const rivals = CANDIDATES.filter(one => one.isPeer && one.name.endsWith('relayed') === isRelayed)
    const best = Math.max(...rivals.map(one => median(figures.get(one.name)?.stream ?? [])))
    const ratio = (median(stream) / best).toFixed(1)
    console.log(`| ${name} | ${span(stream, 0)} | ${ratio} | ${span(small, 1)} | ${span(roundTrip, 3)} |`)
  }
}

function span(values: readonly number[], digits: number): string {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`
}
