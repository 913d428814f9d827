import { type Figure, MEASURES } from './figures.ts'

export interface ScaleRun {
  readonly machine: string
  readonly repeats: number
  readonly routers: number
  readonly large: number
  readonly figures: readonly Figure[]
}

/** A section of docs/scale.md: the figures, and how they were come by; rows of other cases stay as they stand there before. */
export function describeFigures(run: ScaleRun, before = ''): string {
  const { machine, repeats, routers, large, figures } = run
  const rows = Object.entries(MEASURES).flatMap(([measure, { title, unit, weave, goal }]) => {
    const head = `| ${title} | ${withUnit(weave, unit)} | ${withUnit(`${goal}`, unit)} |`
    const figure = figures.find(one => one.measure === measure)
    if (figure !== undefined) return [`${head} ${formatFigure(figure, unit)} |`]
    return before.split('\n').filter(line => line.startsWith(head))
  })
  return `## Measured

Made by \`npm run bench:scale -- --routers ${routers} --large ${large} --repeats ${repeats} --write\` on ${machine}: real agents as they
are shipped, each in a network namespace of its own with a cable to one switch, ${routers} of them in chain, star and mesh, ${large} in the large mesh. All share
these processors, and start at once, without a bridge and with no state but their keys, from a release that has run before: what the engine made of it is kept beside it; time counts from the first process. Their files are in
memory where the machine has /dev/shm: each host of a cluster has a disk of its own. In chain and star routers link to those only that they are
told of; in a mesh each is told of all, and links to about eight. *Up* is a link when datagrams pass; it is asked for each 50 ms.
Memory is what the kernel calls resident, the pages of the shared runtime included. The stranger knows no password and sends one guess after the
other over a connection to a router that was launched with one, for as long as it is answered. Cells are medians (least–most) of ${repeats}.

| what | Weave Net 2.8.1 | to reach | measured |
|---|---|---|---|
${rows.join('\n')}
`
}

function formatFigure({ median, values, isReached }: Figure, unit: string): string {
  const digits = unit === 's' ? 2 : 0
  const [least, most] = [Math.min(...values), Math.max(...values)].map(value => value.toFixed(digits))
  const range = values.length > 1 ? ` (${least}–${most})` : ''
  return `${withUnit(median.toFixed(digits), unit)}${range}${isReached ? '' : ', not reached'}`
}

function withUnit(value: string, unit: string): string {
  return `${value} ${unit}`.trimEnd()
}
