import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentLab } from '../../test/system/agent/agent-lab.ts'
import { type Candidate, type Contestant, DISTANCES, type Route } from './candidate.ts'
import { awaitRoutes, createChainLab } from './chain-lab.ts'
import { awaitQuiet, withLoss } from './conditions.ts'
import { describeEnd, pidsOf, residentMegabytes } from './daemons.ts'
import type { Extent } from './extent.ts'
import { measureLoaded, measureRoundTrip, measureStream } from './measures.ts'
import { type Measure, Results } from './results.ts'
import { measureSmall } from './small-packets.ts'

/** A daemon is idle when its start is over, and it has given back what only that has needed. */
const SETTLE_MS = 8000

interface Turn {
  readonly results: Results
  readonly extent: Extent
  readonly round: string
  readonly write: (results: Results) => void
}

export interface Comparison {
  readonly candidates: readonly Candidate[]
  readonly extent: Extent
  /** Called with what there is by then, again and again: a run that is broken off is not lost. */
  readonly write: (results: Results) => void
}

/**
 * Measures all candidates in turn, round for round, so that what changes on the machine meanwhile changes for all. What a candidate
 * fails in is noted; the others go on.
 */
export async function compare({ candidates, extent, write }: Comparison): Promise<void> {
  const results = new Results()
  const forEachRound = async (act: (turn: Turn) => Promise<void>) => {
    for (let round = 1; round <= extent.rounds; round++) {
      await act({ results, extent, round: `round ${round} of ${extent.rounds}`, write })
      write(results)
    }
  }
  await onLab(1500, { candidates, results }, async contestants => {
    await sleep(SETTLE_MS)
    for (const contestant of contestants) await noteMemory(results, contestant, 'memoryIdle')
    await forEachRound(async turn => {
      for (const contestant of contestants) await distances(turn, contestant)
      for (const percent of extent.losses) {
        for (const contestant of contestants) await lossy(turn, contestant, percent)
      }
      for (const contestant of contestants) await noteMemory(results, contestant, 'memoryLoaded')
    })
  })
  if (!extent.hasJumbo) return
  await onLab(9000, { candidates, results }, async contestants => {
    await forEachRound(async turn => {
      for (const contestant of contestants) await jumbo(turn, contestant)
    })
  })
}

/** Those that must not share their hosts with others have a lab of their own. */
async function onLab(
  mtu: number,
  { candidates, results }: { candidates: readonly Candidate[]; results: Results },
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
      await attempt(results, { candidate, condition: `MTU ${mtu}` }, async () => {
        contestants.push(await start(candidate, lab, mtu))
      })
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

async function attempt(
  results: Results,
  { candidate, condition }: { readonly candidate: Candidate; readonly condition: string },
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    results.fail(candidate, { condition, reason })
    console.log(`${candidate.name}, ${condition}: failed: ${reason}`)
  }
}

async function distances(turn: Turn, contestant: Contestant): Promise<void> {
  const { extent } = turn
  for (const condition of DISTANCES) {
    await measuring(turn, { contestant, condition, route: contestant.routes[condition] }, async (route, add) => {
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
    })
  }
}

function lossy(turn: Turn, contestant: Contestant, percent: number): Promise<void> {
  const extent = { ...turn.extent, streamSeconds: turn.extent.lossySeconds }
  const part = { contestant, condition: `${percent} % loss`, route: contestant.routes.direct }
  return measuring(turn, part, (route, add) => {
    return withLoss(contestant.lab, percent, async () => {
      add('stream', (await measureStream(contestant, route, extent)).rate)
    })
  })
}

function jumbo(turn: Turn, contestant: Contestant): Promise<void> {
  const part = { contestant, condition: 'MTU 9000', route: contestant.routes.direct }
  return measuring(turn, part, async (route, add) => {
    add('stream', (await measureStream(contestant, route, turn.extent)).rate)
  })
}

interface Part {
  readonly contestant: Contestant
  readonly condition: string
  /** Absent when the contestant cannot do that. */
  readonly route: Route | undefined
}

type Add = (measure: Measure, value: number) => void

async function measuring(
  { results, extent, round, write }: Turn,
  { contestant, condition, route }: Part,
  measure: (route: Route, add: Add) => Promise<void>,
): Promise<void> {
  if (route === undefined) return
  const { candidate } = contestant
  await attempt(results, { candidate, condition }, async () => {
    const isNoisy = !(await awaitQuiet(extent.quietWaitMs))
    await whileRunning(contestant, () =>
      measure(route, (measure, value) => {
        results.add(candidate, { measure, condition }, { value, isNoisy })
        const noise = isNoisy ? ', noisy' : ''
        console.log(`${round}: ${candidate.name}, ${condition}: ${measure} ${value.toPrecision(4)}${noise}`)
      }),
    )
  })
  write(results)
}

/** Where a daemon has ended, that is the reason for what fails, whatever is noticed of it. */
async function whileRunning({ lab, daemons }: Contestant, act: () => Promise<void>): Promise<void> {
  const assertRunning = () => {
    const end = describeEnd(daemons, name => lab.log(name))
    if (end !== undefined) throw new Error(end)
  }
  assertRunning()
  try {
    await act()
  } catch (error) {
    assertRunning()
    throw error
  }
}

/** Of each candidate the daemon that takes most. */
async function noteMemory(results: Results, { candidate, daemons }: Contestant, measure: Measure): Promise<void> {
  if (daemons.size === 0) return
  await attempt(results, { candidate, condition: 'direct' }, async () => {
    const value = Math.max(...pidsOf(daemons).map(residentMegabytes))
    results.add(candidate, { measure, condition: 'direct' }, { value, isNoisy: false })
  })
}
