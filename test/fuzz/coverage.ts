import { readFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector'
import { fileURLToPath } from 'node:url'

/** Which parts of `src` are run, by V8's precise coverage (Chrome DevTools protocol, domain Profiler): blocks, with rough counts. */
export class Coverage {
  readonly #session = new Session()
  readonly #url: string
  readonly #isSource: (offset: number) => boolean

  /** `url`: the bundle that runs, in which esbuild has marked where each file begins. */
  constructor(url: string) {
    this.#url = url
    this.#isSource = sourcesIn(readFileSync(fileURLToPath(url), 'utf8'))
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Since the last call: each block with the power of two that it was run. */
  reached(): readonly string[] {
    const places: string[] = []
    for (const script of this.#take()) {
      if (script.url !== this.#url) continue
      for (const { ranges } of script.functions) {
        for (const { startOffset, count } of ranges) {
          if (count > 0 && this.#isSource(startOffset)) places.push(`${startOffset} ${Math.floor(Math.log2(count))}`)
        }
      }
    }
    return places
  }

  /** A session with its own thread answers before `post` returns. */
  #take(): readonly Profiler.ScriptCoverage[] {
    let taken: readonly Profiler.ScriptCoverage[] = []
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error
      taken = result
    })
    return taken
  }
}

/** Whether an offset in the bundle is within a file of `src`. */
function sourcesIn(bundle: string): (offset: number) => boolean {
  const files = [...bundle.matchAll(/^\/\/ ([\w./-]+\.[cm]?[jt]s)$/gm)].map(match => ({
    begin: match.index,
    isSource: match[1]?.startsWith('src/') === true,
  }))
  return offset => files.findLast(file => file.begin <= offset)?.isSource === true
}
