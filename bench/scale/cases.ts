import { setTimeout as sleep } from 'node:timers/promises'
import { cpuSeconds, residentMegabytes } from '../compare/daemons.ts'
import { awaitAll, isConverged, isKnown, isLost } from './convergence.ts'
import type { Measure } from './figures.ts'
import { countGuesses } from './guesses.ts'
import { type LabWish, ScaleLab } from './scale-lab.ts'

const SMALL_STAR = 10
/** After that a router at rest has given back what only its start needed. */
const REST_MS = 10_000

export interface CaseRun {
  readonly repeats: number
  /** Routers in the cluster of most cases. */
  readonly routers: number
  /** Routers in the large mesh. */
  readonly large: number
  readonly found: (measure: Measure, value: number) => void
}

/** By name; each has a lab of its own, and fills its measures once in each repeat. */
export const CASES: Readonly<Record<string, (run: CaseRun) => Promise<void>>> = {
  pair: run => repeat(run, { count: 2, shape: 'mesh' }, lab => start(lab, run, 'pair')),
  chain: run => repeat(run, { count: run.routers, shape: 'chain' }, lab => start(lab, run, 'chain')),
  star: run => repeat(run, { count: run.routers, shape: 'star' }, lab => start(lab, run, 'star')),
  mesh: run => repeat(run, { count: run.routers + 1, shape: 'mesh', isLastLate: true }, lab => joinAndDie(lab, run)),
  'small-star': run => repeat(run, { count: SMALL_STAR, shape: 'star' }, lab => dieInStar(lab, run)),
  guesses: async run => {
    for (let i = 0; i < run.repeats; i++) run.found('guesses', await countGuesses())
  },
  large: run => repeat(run, { count: run.large, shape: 'mesh' }, lab => weigh(lab, run)),
}

async function repeat(run: CaseRun, wish: LabWish, measure: (lab: ScaleLab) => Promise<unknown>): Promise<void> {
  const lab = await ScaleLab.create(wish)
  try {
    for (let i = 0; i < run.repeats; i++) {
      await measure(lab)
      await lab.stop()
    }
  } finally {
    await lab.dispose()
  }
}

/** All routers at once, until each knows all and has its links. Gives their process ids. */
async function start(lab: ScaleLab, { found }: CaseRun, measure: Measure): Promise<readonly number[]> {
  const { startedAt, pids } = await lab.startAnew(lab.first)
  await awaitAll(lab.first, host => isConverged(lab, host))
  found(measure, secondsSince(startedAt))
  return pids
}

async function dieInStar(lab: ScaleLab, run: CaseRun): Promise<void> {
  const [victim = '', ...others] = lab.first.toReversed()
  await lab.startAnew(lab.first)
  await awaitAll(lab.first, host => isConverged(lab, host))
  await sleep(REST_MS)
  const killedAt = performance.now()
  await lab.kill(victim)
  await awaitAll(others, host => isLost(lab, host, victim))
  run.found('starDeath', secondsSince(killedAt))
}

/** One more router joins a mesh, and then falls silent: its cable is cut where the others do not see it. */
async function joinAndDie(lab: ScaleLab, run: CaseRun): Promise<void> {
  const { late = '' } = lab
  lab.mend(late)
  await start(lab, run, 'mesh')
  await sleep(REST_MS)
  const { startedAt } = await lab.startAnew([late])
  await awaitAll(lab.first, host => isKnown(lab, host, late))
  run.found('join', secondsSince(startedAt))
  await sleep(REST_MS)
  lab.cut(late)
  const cutAt = performance.now()
  await awaitAll(lab.first, host => isLost(lab, host, late))
  run.found('death', secondsSince(cutAt))
}

async function weigh(lab: ScaleLab, run: CaseRun): Promise<void> {
  const pids = await start(lab, run, 'large')
  run.found('largeProcessor', cpuSeconds(pids))
  await sleep(REST_MS)
  const sizes = pids.map(residentMegabytes).sort((a, b) => a - b)
  run.found('largeMemory', sizes[sizes.length >> 1] ?? 0)
}

function secondsSince(at: number): number {
  return (performance.now() - at) / 1000
}
