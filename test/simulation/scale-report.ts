import type { ScaleFigures } from './scale-figures.ts'

const COLUMNS: readonly {
  readonly title: string
  readonly goal: string
  readonly of: (figures: ScaleFigures) => string
}[] = [
  { title: 'cold start until all reach all', goal: '30 s', of: figures => seconds(figures.coldStartMs) },
  {
    title: 'bytes of each in the cold start',
    goal: '–',
    of: figures => `${Math.round(figures.coldStartBytes / 1024)} KiB`,
  },
  {
    title: 'links: mean, most',
    goal: 'about 8, 24',
    of: figures => `${figures.linksMean.toFixed(1)}, ${figures.linksMax}`,
  },
  { title: 'hops to the farthest', goal: '32', of: figures => `${figures.hopsMax}` },
  { title: 'memory for each peer', goal: '2,048 bytes', of: figures => `${figures.bytesPerPeer.toFixed(0)} bytes` },
  { title: 'idle: bytes a second', goal: '500', of: figures => figures.idleBytesPerSecond.toFixed(0) },
  { title: 'idle: CPU a second', goal: '–', of: figures => `${figures.idleCpuMsPerSecond.toFixed(2)} ms` },
  { title: 'a joining router is known', goal: '1 s', of: figures => seconds(figures.joinKnownMs) },
  { title: 'a dead router is noticed', goal: '5 s', of: figures => seconds(figures.deathKnownMs) },
  { title: 'parted halves are one', goal: '10 s', of: figures => seconds(figures.healMs) },
]

/** The section of docs/scale.md with the figures of a run, beside those of other numbers of routers that stand there before. */
export function describeScale(figures: ScaleFigures, seed: number, before: string): string {
  const rows = new Map([...before.matchAll(/^\| (\d+) \| .*$/gm)].map(([row, hosts]) => [Number(hosts), row]))
  rows.set(figures.hosts, rowOf([`${figures.hosts}`, ...COLUMNS.map(column => column.of(figures))]))
  const sorted = [...rows].sort(([a], [b]) => a - b).map(([, row]) => row)
  const titles = ['routers', ...COLUMNS.map(column => column.title)]
  const goals = ['to reach at 1,000', ...COLUMNS.map(column => column.goal)]
  const table = [rowOf(titles), rowOf(titles.map(() => '---')), ...sorted, rowOf(goals)]
  return `## Simulated

Each row is made by \`npm run simulate:scale -- --hosts N --seed ${seed} --write\`: N real routers in one process, in virtual time, on a
network with 1 ms latency one way, each with all of its own state. Signatures are real and verified, each once for all routers, for they
would come to the same; data keys are stood in for by bytes of their size, and no frame is sealed. Bytes are those of messages, 22 more
for each as TLS has it, and of probes; without the headers of TCP, UDP and IP. All routers start at once, know all addresses, and hold
no record but their own. Memory is all that a router holds, its part of the manifest's text included, for each router of the cluster;
the verifiers of signatures, which are shared here, and the ciphers of the data plane are apart. About 40 KB of it a router holds whatever
the number of peers, and 1.7 to 1.9 KB for each peer more (from 100 to 200, and from 400 to 1,000): with the fixed part the share of each is
above 2 KB in clusters of fewer than some 500. CPU is that of the machine at hand.

${table.join('\n')}

*Known* and *noticed* mean that every router's table of the data plane has it, the last one included.
`
}

function rowOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'not within 120 s' : `${(ms / 1000).toFixed(2)} s`
}
