import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentLab } from '../../test/system/agent/agent-lab.ts'
import { type Candidate, type Contestant, DISTANCES } from './candidate.ts'
import { awaitRoutes, createChainLab } from './chain-lab.ts'
import { pidsOf, residentMegabytes } from './daemons.ts'
import type { Extent } from './extent.ts'
import { JUMBO, Results, START } from './results.ts'
import { attempt, type Trial, type Turn, takeTurn } from './turn.ts'

/** A daemon is idle when its start is over, and it has given back what only that has needed. */
const SETTLE_MS = 8000

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
    for (const contestant of contestants) await noteIdleMemory(results, contestant)
    await forEachRound(async turn => {
      for (const contestant of contestants) {
        for (const trial of distances(extent, contestant)) await takeTurn(turn, contestant, trial)
      }
      for (const percent of extent.losses) {
        for (const contestant of contestants) await takeTurn(turn, contestant, lossy(extent, contestant, percent))
      }
    })
  })
  if (!extent.hasJumbo) return
  await onLab(9000, { candidates, results }, async contestants => {
    await forEachRound(async turn => {
      for (const contestant of contestants) await takeTurn(turn, contestant, jumbo(extent, contestant))
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
      await attempt(results, { candidate, condition: mtu === 9000 ? JUMBO : START }, async () => {
        contestants.push(await start(candidate, lab, mtu))
      })
    }
    await sleep(SETTLE_MS)
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

function distances({ parts }: Extent, { routes }: Contestant): readonly Trial[] {
  return DISTANCES.map(condition => {
    return { condition, route: routes[condition], parts: condition === 'direct' ? parts.direct : parts.relayed }
  })
}

function lossy({ parts }: Extent, { routes }: Contestant, percent: number): Trial {
  return { condition: `${percent} % loss`, route: routes.direct, parts: parts.lossy, loss: percent }
}

function jumbo({ parts }: Extent, { routes }: Contestant): Trial {
  return { condition: JUMBO, route: routes.direct, parts: parts.jumbo }
}

/** Of each candidate the daemon that takes most. */
async function noteIdleMemory(results: Results, { candidate, daemons }: Contestant): Promise<void> {
  const pids = pidsOf(daemons)
  if (pids.length === 0) return
  await attempt(results, { candidate, condition: 'direct' }, async () => {
    const value = Math.max(...pids.map(residentMegabytes))
    results.add(candidate, { measure: 'memoryIdle', condition: 'direct' }, { value, isNoisy: false })
  })
}
