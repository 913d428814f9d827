import type { Candidate, Contestant, Route } from './candidate.ts'
import { awaitQuiet, withLoss } from './conditions.ts'
import { describeEnd, peakMegabytes, pidsOf, resetPeaks } from './daemons.ts'
import type { Extent, Part } from './extent.ts'
import { measureLoaded, measureRoundTrip, measureStream } from './measures.ts'
import type { Measure, Results } from './results.ts'
import { measureSmall } from './small-packets.ts'

export interface Turn {
  readonly results: Results
  readonly extent: Extent
  readonly round: string
  readonly write: (results: Results) => void
}

/** One condition, and what is measured under it. */
export interface Trial {
  readonly condition: string
  /** Absent when the contestant cannot do that. */
  readonly route: Route | undefined
  /** Beside one stream and its CPU. */
  readonly parts: readonly Part[]
  /** Per cent of the packets that the cable loses. */
  readonly loss?: number
}

/** Measures one candidate under one condition. What fails is noted, with the reason. */
export async function takeTurn(turn: Turn, contestant: Contestant, trial: Trial): Promise<void> {
  const { route, condition, loss = 0 } = trial
  if (route === undefined) return
  const { results, extent, round, write } = turn
  const { candidate, lab } = contestant
  await attempt(results, { candidate, condition }, async () => {
    const isNoisy = !(await awaitQuiet(extent.quietWaitMs))
    const add = (measure: Measure, value: number) => {
      results.add(candidate, { measure, condition }, { value, isNoisy })
      const noise = isNoisy ? ', noisy' : ''
      console.log(`${round}: ${candidate.name}, ${condition}: ${measure} ${value.toPrecision(4)}${noise}`)
    }
    await whileRunning(contestant, () => {
      return withLoss(lab, loss, () => measureAll(contestant, { ...trial, route }, { extent, add }))
    })
  })
  write(results)
}

export async function attempt(
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

interface Measuring {
  readonly extent: Extent
  readonly add: (measure: Measure, value: number) => void
}

async function measureAll(
  contestant: Contestant,
  { route, parts, loss = 0 }: Trial & { readonly route: Route },
  { extent, add }: Measuring,
): Promise<void> {
  const seconds = loss === 0 ? extent.streamSeconds : extent.lossySeconds
  const pids = pidsOf(contestant.daemons)
  resetPeaks(pids)
  if (parts.includes('roundTrip')) {
    const { p50, p99 } = await measureRoundTrip(contestant, route, extent)
    add('roundTrip', p50)
    add('roundTrip99', p99)
  }
  if (parts.includes('loaded')) {
    const { rate, roundTrip } = await measureLoaded(contestant, route, seconds)
    add('streams', rate)
    add('roundTripLoaded', roundTrip)
  }
  const { rate, cpuPerGigabyte } = await measureStream(contestant, route, seconds)
  add('stream', rate)
  if (cpuPerGigabyte !== undefined) add('cpu', cpuPerGigabyte)
  if (parts.includes('small')) add('small', await measureSmall(contestant, route, { ...extent, loss }))
  if (parts.includes('memory') && pids.length > 0) add('memoryLoaded', peakMegabytes(pids))
}
