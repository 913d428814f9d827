import type {
  Deadline,
  Input,
  Instant,
  Output,
  Reach,
  RouterMachine,
  RouterOptions,
  RouterStatus,
  SharedView,
  TableSizes,
} from './api.ts'

/**
 * A router that starts anew when its short id turns out to be another's: everything that it signed, sealed and told carries the id.
 * To its neighbours it is one that has restarted; it keeps its name, its targets and, in the data plane, its bridge.
 */
export class RenumberingRouter implements RouterMachine {
  readonly #create: (options: RouterOptions) => RouterMachine
  #options: RouterOptions
  #inner: RouterMachine
  #outputs: Output[] = []

  constructor(options: RouterOptions, create: (options: RouterOptions) => RouterMachine) {
    this.#create = create
    this.#options = options
    this.#inner = create(options)
  }

  handle(input: Input, now: Instant): void {
    this.#inner.handle(input, now)
    this.#settle(now)
  }

  keepLinks(now: Instant): void {
    this.#inner.keepLinks(now)
  }

  advance(now: Instant, heardUntil: Instant = now): void {
    this.#inner.advance(now, heardUntil)
    this.#settle(now)
  }

  get deadline(): Deadline | undefined {
    return this.#inner.deadline
  }

  drain(): Output[] {
    const outputs = [...this.#outputs, ...this.#inner.drain()]
    this.#outputs = []
    return outputs
  }

  get shared(): SharedView {
    return this.#inner.shared ?? { ipam: undefined, names: undefined }
  }

  status(now: Instant): RouterStatus {
    return this.#inner.status(now)
  }

  get sizes(): TableSizes {
    return this.#inner.sizes
  }

  get reach(): Reach {
    return this.#inner.reach
  }

  #settle(now: Instant): void {
    const outputs = this.#inner.drain()
    this.#outputs.push(...outputs)
    for (const output of outputs) this.#remember(output)
    const lost = outputs.find(output => output.kind === 'renumber')
    if (lost?.kind !== 'renumber') return
    const { targets } = this.#inner.status(now)
    this.#inner.handle({ kind: 'stop' }, now)
    this.#outputs.push(...this.#inner.drain())
    this.#options = { ...this.#options, shortId: lost.shortId, bootId: lost.bootId, targets, now }
    this.#inner = this.#create(this.#options)
  }

  /** What was stored is what the next router starts from. */
  #remember(output: Output): void {
    const { ipam, names } = this.#options
    if (output.kind === 'store-addresses' && ipam !== undefined) {
      this.#options = { ...this.#options, ipam: { ...ipam, stored: output.text } }
    }
    if (output.kind === 'store-names' && names !== undefined) {
      this.#options = { ...this.#options, names: { ...names, stored: output.text } }
    }
  }
}
