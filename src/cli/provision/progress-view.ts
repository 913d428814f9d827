import type { PlaybookEvent } from '../../provision/apply/event.ts'
import type { Phase } from '../../provision/apply/phase.ts'
import type { Progress, StepState } from '../../provision/apply/progress.ts'
import { coloursFor } from '../output.ts'

export interface ProgressView {
  update(progress: Progress, event: PlaybookEvent): void
  /** Nothing is drawn after this. */
  end(progress: Progress): void
}

type Stream = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns' | 'rows'>

const WHAT: Readonly<Record<Phase, string>> = {
  preflight: 'look at the hosts',
  agent: 'ship the agent and its runtime',
  files: 'decide, render and install files',
  bridge: 'bring up the bridge',
  router: 'start the router',
  verify: 'wait until every host sees every other',
  docker: 'put Docker on the bridge',
  remove: 'put back what was there',
}

const SIGNS: Readonly<Record<StepState, string>> = { running: '…', ok: '✓', changed: '✓', failed: '✗' }
const WORDS: Readonly<Record<StepState, string>> = {
  running: 'running',
  ok: 'ok',
  changed: 'changed',
  failed: 'FAILED',
}

export function createProgressView(
  stream: Stream,
  phases: readonly Phase[],
  terminal: string | undefined = process.env.TERM,
): ProgressView {
  return stream.isTTY && terminal !== 'dumb' ? new LiveView(stream, phases) : new LineView(stream)
}

/** Of a terminal that does not tell its size. */
const ROWS_ELSEWHERE = 24
const COLUMNS_ELSEWHERE = 80

/** A row for each host, drawn over again at each event. */
class LiveView implements ProgressView {
  readonly #stream: Stream
  readonly #phases: readonly Phase[]
  readonly #colours: ReturnType<typeof coloursFor>
  #drawn = 0

  constructor(stream: Stream, phases: readonly Phase[]) {
    this.#stream = stream
    this.#phases = phases
    this.#colours = coloursFor(stream)
  }

  update(progress: Progress, event: PlaybookEvent): void {
    if (event.kind !== 'play') this.#draw(progress)
  }

  end(progress: Progress): void {
    if (this.#drawn > 0) this.#draw(progress)
  }

  #draw(progress: Progress): void {
    const { phase, hosts } = progress
    const shown = hosts.slice(0, Math.max(1, (this.#stream.rows || ROWS_ELSEWHERE) - 4))
    const width = Math.max(...shown.map(({ name }) => name.length))
    const rows = shown.map(({ name, steps }) => {
      const row = this.#phases.map(one => this.#step(one, steps.get(one), width))
      return `  ${name.padEnd(width)}  ${row.join('  ')}`
    })
    const more = hosts.length > shown.length ? [`  and ${hosts.length - shown.length} more`] : []
    const head = phase === undefined ? '' : `${phase}: ${WHAT[phase]}`
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : ''
    const lines = [head, ...rows, ...more]
    this.#stream.write(`${up}${lines.map(line => `\x1b[2K${line}\n`).join('')}`)
    this.#drawn = lines.length
  }

  /** A row that the terminal breaks would be drawn over in the wrong place: where it is narrow, signs must do. */
  #step(phase: Phase, state: StepState | undefined, nameWidth: number): string {
    const wanted = this.#phases.reduce((sum, one) => sum + one.length + 4, nameWidth + 2)
    const word = wanted > (this.#stream.columns || COLUMNS_ELSEWHERE) ? '' : ` ${phase}`
    if (state === undefined) return this.#colours.dim(`·${word}`)
    const text = `${SIGNS[state]}${word}`
    if (state === 'failed') return this.#colours.red(text)
    if (state === 'running') return this.#colours.bold(text)
    return state === 'changed' ? this.#colours.yellow(text) : this.#colours.green(text)
  }
}

/** A line when a phase begins, and one for each host when it ends. */
class LineView implements ProgressView {
  readonly #stream: Stream
  #phase: Phase | undefined
  #startedAt: number | undefined

  constructor(stream: Stream) {
    this.#stream = stream
  }

  update(progress: Progress, event: PlaybookEvent): void {
    this.#startedAt ??= event.at
    if (progress.phase === this.#phase) return
    this.end(progress)
    this.#phase = progress.phase
    if (this.#phase === undefined) return
    const seconds = (event.at - this.#startedAt).toFixed(1)
    this.#stream.write(`[${seconds.padStart(6)} s] ${this.#phase}: ${WHAT[this.#phase]}\n`)
  }

  end(progress: Progress): void {
    const phase = this.#phase
    this.#phase = undefined
    if (phase === undefined) return
    for (const { name, steps } of progress.hosts) {
      const state = steps.get(phase)
      if (state !== undefined) this.#stream.write(`             ${name}: ${phase} ${WORDS[state]}\n`)
    }
  }
}
