import type { ScaleFigures } from './scale-figures.ts'

/** A section of docs/scale.md: the figures of one run, and how they were come by. */
export function describeScale(figures: ScaleFigures, seed: number): string {
  const rows = rowsOf(figures).map(row => `| ${row.join(' | ')} |`)
  return `## Simulated

Made by \`npm run simulate:scale -- --hosts ${figures.hosts} --seed ${seed} --write\`: ${figures.hosts} real routers in one process, in virtual time, on a network
with 1 ms latency one way. Signatures are real and verified, each once for all routers, for they would come to the same; data keys are
stood in for by bytes of their size, and no frame is sealed. Bytes are those of messages, 22 more for each as TLS has it, and of probes;
without the headers of TCP, UDP and IP. All routers start at once, know all addresses, and hold no record but their own.

| what | ${figures.hosts} routers | to reach at 1,000 |
|---|---|---|
${rows.join('\n')}

*Known* and *noticed* mean that every router's table of the data plane has it, the last one included.
`
}

function rowsOf(figures: ScaleFigures): readonly (readonly string[])[] {
  return [
    ['cold start until all reach all', seconds(figures.coldStartMs), '30 s'],
    ['control bytes of each router in the cold start', `${Math.round(figures.coldStartBytes / 1024)} KiB`, '–'],
    ['links of a router: mean, most', `${figures.linksMean.toFixed(1)}, ${figures.linksMax}`, 'about 8, 24'],
    ['hops to the farthest peer', `${figures.hopsMax}`, '32'],
    ['memory of a router for each peer', `${figures.bytesPerPeer.toFixed(0)} bytes`, '2,048 bytes'],
    ['control bytes of an idle router', `${figures.idleBytesPerSecond.toFixed(0)} a second`, '500 a second'],
    ['a joining router is known everywhere', seconds(figures.joinKnownMs), '–'],
    ['a dead router is noticed everywhere', seconds(figures.deathKnownMs), '5 s'],
    ['halves that were parted reach each other', seconds(figures.healMs), '10 s'],
  ]
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'not within 120 s' : `${(ms / 1000).toFixed(2)} s`
}
