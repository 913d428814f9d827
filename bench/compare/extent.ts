/**
 * What is measured of a path beside one stream and its CPU: round trips at rest; four streams, and round trips beside them; small
 * packets; and the most memory that all of that took.
 */
export type Part = 'roundTrip' | 'loaded' | 'small' | 'memory'

const ALL_PARTS: readonly Part[] = ['roundTrip', 'loaded', 'small', 'memory']

/** How much is measured. */
export interface Extent {
  /** Interleaved: in each, every candidate has its turn. */
  readonly rounds: number
  /** Whole seconds: iperf3 takes no others, and 0 for without end. */
  readonly streamSeconds: number
  /** Of a stream that loses packets: its rate in two seconds may be twice that of the next two. */
  readonly lossySeconds: number
  readonly smallSeconds: number
  readonly pings: number
  readonly parts: Readonly<Record<'direct' | 'relayed' | 'lossy' | 'jumbo', readonly Part[]>>
  /** Per cent of the packets that are lost on the cable. */
  readonly losses: readonly number[]
  readonly hasJumbo: boolean
  /** So long others get to leave the machine alone, before each measurement. */
  readonly quietWaitMs: number
}

const WHOLE: Extent = {
  rounds: 3,
  streamSeconds: 3,
  lossySeconds: 8,
  smallSeconds: 2,
  pings: 200,
  parts: { direct: ALL_PARTS, relayed: ALL_PARTS, lossy: ALL_PARTS, jumbo: ALL_PARTS },
  losses: [0.1, 1],
  hasJumbo: true,
  quietWaitMs: 15_000,
}

const GOALS_ONLY: Extent['parts'] = { direct: ALL_PARTS, relayed: ['roundTrip'], lossy: [], jumbo: [] }

export const EXTENTS = {
  whole: WHOLE,
  /** All that the goals ask for. */
  short: {
    ...WHOLE,
    streamSeconds: 2,
    lossySeconds: 6,
    smallSeconds: 1,
    pings: 100,
    parts: GOALS_ONLY,
    quietWaitMs: 3000,
  },
  /** To see whether everything works; nothing to be quoted. */
  quick: {
    ...WHOLE,
    rounds: 1,
    streamSeconds: 1,
    lossySeconds: 1,
    smallSeconds: 1,
    pings: 50,
    parts: GOALS_ONLY,
    losses: [1],
    hasJumbo: false,
    quietWaitMs: 0,
  },
} as const satisfies Readonly<Record<string, Extent>>

export type ExtentName = keyof typeof EXTENTS
