import { ReasonCounts } from '../../base/reason-counts.ts'
import type { LogFields, Output } from './api.ts'

/** More than there are of them. */
const NAMED_MAX = 64

/** Counts what other routers said and this one did not take. The log has each at debug level: a member that lies cannot fill a disk. */
export class Refusals {
  readonly #counts = new ReasonCounts(NAMED_MAX)
  readonly #emit: (output: Output) => void

  constructor(emit: (output: Output) => void) {
    this.#emit = emit
  }

  /** By reason, for the operator. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts.all
  }

  note(reason: string, fields: LogFields): void {
    this.#counts.count(reason)
    this.#emit({ kind: 'log', level: 'debug', message: 'refused', fields: { reason, ...fields } })
  }
}
