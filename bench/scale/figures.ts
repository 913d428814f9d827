/** What is measured with real agents, beside what Weave Net 2.8.1 did on the same kind of machine. */
export const MEASURES = {
  pair: { title: 'two routers, started at once', unit: 's', weave: '0.4–2.4', goal: 0.5 },
  chain: { title: 'a chain: all know all, each link is up', unit: 's', weave: '61', goal: 5 },
  star: { title: 'a star', unit: 's', weave: 'not after 180', goal: 5 },
  mesh: { title: 'a mesh', unit: 's', weave: '64', goal: 5 },
  join: { title: 'a joining router is known everywhere in that mesh', unit: 's', weave: '3.3', goal: 1 },
  death: { title: 'a router that is cut off silently is noticed everywhere', unit: 's', weave: '35', goal: 5 },
  starDeath: {
    title: 'a router of a star of ten that is killed is noticed everywhere',
    unit: 's',
    weave: '31',
    goal: 5,
  },
  guesses: { title: 'password guesses from one connection of a stranger', unit: '', weave: 'unlimited', goal: 1 },
  large: { title: 'a large mesh', unit: 's', weave: '78', goal: 15 },
  largeProcessor: { title: 'processor time of all its routers until then', unit: 's', weave: '96', goal: 60 },
  largeMemory: { title: 'resident memory of one of them, ten seconds later', unit: 'MB', weave: '90', goal: 80 },
} as const satisfies Readonly<Record<string, MeasureText>>

interface MeasureText {
  readonly title: string
  readonly unit: string
  readonly weave: string
  readonly goal: number
}

export type Measure = keyof typeof MEASURES

export interface Figure {
  readonly measure: Measure
  readonly median: number
  readonly values: readonly number[]
  readonly isReached: boolean
}

export function summarise(found: ReadonlyMap<Measure, readonly number[]>): readonly Figure[] {
  return [...found].map(([measure, values]) => {
    const sorted = [...values].sort((a, b) => a - b)
    const median = sorted[sorted.length >> 1] ?? Number.NaN
    return { measure, median, values, isReached: median <= MEASURES[measure].goal }
  })
}
