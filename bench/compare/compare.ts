import type { AgentLab } from '../../test/system/agent/agent-lab.ts'
import { type Candidate, type Contestant, DISTANCES } from './candidate.ts'
import { awaitRoutes, createChainLab } from './chain-lab.ts'
import { awaitQuiet, withLoss } from './conditions.ts'
import { residentMegabytes } from './daemons.ts'
import type { Extent } from './extent.ts'
import { measureLoaded, measureRoundTrip, measureSmall, measureStream } from './measures.ts'
import { type Measure, Results } from './results.ts'

interface Turn {
  readonly results: Results
  readonly extent: Extent
  readonly round: string
}

/** Measures all candidates in turn, round for round, so that what changes on the machine meanwhile changes for all. */
export async function compare(candidates: readonly Candidate[], extent: Extent): Promise<Results> {
  const results = new Results()
  await onLab(1500, candidates, async contestants => {
    noteMemory(results, contestants, 'memoryIdle')
    await forEachRound(extent, async round => {
      const turn = { results, extent, round }
      for (const contestant of contestants) await distances(turn, contestant)
      for (const percent of extent.losses) {
        for (const contestant of contestants) await lossy(turn, contestant, percent)
      }
      noteMemory(results, contestants, 'memoryLoaded')
    })
  })
  if (!extent.hasJumbo) return results
  await onLab(9000, candidates, async contestants => {
    await forEachRound(extent, async round => {
      for (const contestant of contestants) await jumbo({ results, extent, round }, contestant)
    })
  })
  return results
}

async function forEachRound({ rounds }: Extent, act: (round: string) => Promise<void>): Promise<void> {
  for (let round = 1; round <= rounds; round++) await act(`round ${round} of ${rounds}`)
}

/** Those that must not share their hosts with others have a lab of their own. */
async function onLab(
  mtu: number,
  candidates: readonly Candidate[],
  act: (contestants: readonly Contestant[]) => Promise<void>,
): Promise<void> {
  const labs: AgentLab[] = []
  const create = async (name: string, configure?: Candidate['configure']): Promise<AgentLab> => {
    const lab = await createChainLab({ name, underlayMtu: mtu, configure })
    labs.push(lab)
    return lab
  }
  try {
    const common = await create('')
    const contestants: Contestant[] = []
    for (const [i, candidate] of candidates.entries()) {
      const { configure } = candidate
      const lab = configure === undefined ? common : await create(String(i), configure)
      contestants.push(await start(candidate, lab, mtu))
    }
    await act(contestants)
  } finally {
    for (const lab of labs) await lab.dispose()
  }
}

async function start(candidate: Candidate, lab: AgentLab, mtu: number): Promise<Contestant> {
  process.stdout.write(`starting ${candidate.name} at MTU ${mtu}\n`)
  const contestant = { candidate, lab, ...(await candidate.start(lab, mtu)) }
  await awaitRoutes(contestant)
  return contestant
}

async function distances(turn: Turn, contestant: Contestant): Promise<void> {
  const { extent } = turn
  for (const condition of DISTANCES) {
    const route = contestant.routes[condition]
    if (route === undefined) continue
    const add = await noting(turn, contestant, condition)
    if (extent.inFull.includes(condition)) {
      const { p50, p99 } = await measureRoundTrip(contestant, route, extent)
      add('roundTrip', p50)
      add('roundTrip99', p99)
      const loaded = await measureLoaded(contestant, route, extent)
      add('streams', loaded.rate)
      add('roundTripLoaded', loaded.roundTrip)
    }
    const { rate, cpuPerGigabyte } = await measureStream(contestant, route, extent)
    add('stream', rate)
    if (cpuPerGigabyte !== undefined) add('cpu', cpuPerGigabyte)
    if (condition === 'direct') add('small', await measureSmall(contestant, route, extent))
  }
}

async function lossy(turn: Turn, contestant: Contestant, percent: number): Promise<void> {
  const route = contestant.routes.direct
  if (route === undefined) return
  const add = await noting(turn, contestant, `${percent} % loss`)
  await withLoss(contestant.lab, percent, async () => {
    add('stream', (await measureStream(contestant, route, turn.extent)).rate)
  })
}

async function jumbo(turn: Turn, contestant: Contestant): Promise<void> {
  const route = contestant.routes.direct
  if (route === undefined) return
  const add = await noting(turn, contestant, 'MTU 9000')
  add('stream', (await measureStream(contestant, route, turn.extent)).rate)
}

type Add = (measure: Measure, value: number) => void

async function noting({ results, extent, round }: Turn, { candidate }: Contestant, condition: string): Promise<Add> {
  const isNoisy = !(await awaitQuiet(extent.quietWaitMs))
  return (measure, value) => {
    results.add(candidate, { measure, condition }, { value, isNoisy })
    const noise = isNoisy ? ', noisy' : ''
    console.log(`${round}: ${candidate.name}, ${condition}: ${measure} ${value.toPrecision(4)}${noise}`)
  }
}

/** Of each candidate the daemon that takes most. */
function noteMemory(results: Results, contestants: readonly Contestant[], measure: Measure): void {
  for (const { candidate, pids } of contestants) {
    if (pids.size === 0) continue
    const value = Math.max(...[...pids.values()].map(residentMegabytes))
    results.add(candidate, { measure, condition: 'direct' }, { value, isNoisy: false })
  }
}
