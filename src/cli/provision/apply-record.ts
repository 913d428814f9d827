import { Interrupted } from '../../provision/apply/ask-hosts.ts'
import type { Report } from '../../provision/apply/report.ts'
import type { Review } from '../../provision/change/review.ts'
import { type Apply, History } from '../../provision/operate/history.ts'
import { currentOperator, type Operator } from '../../provision/operate/operator.ts'
import { formatSerial } from '../../provision/plan/batches.ts'
import { type HostAccess, releaseDigest } from './host-access.ts'
import type { UpArguments } from './up-session.ts'

export interface RecordFacts {
  readonly access: HostAccess
  readonly options: UpArguments
  readonly hosts: readonly string[]
  readonly drained: readonly string[]
}

/** Keeps an apply in the history, from before its first change to its end. */
export class ApplyRecord {
  readonly operator: Operator
  readonly #history: History
  #apply: Apply

  constructor(review: Review, { access, options, hosts, drained }: RecordFacts) {
    const command = options.rollbackTo === undefined ? 'up' : 'rollback'
    this.operator = currentOperator(command, options.message)
    this.#history = new History(access.sources.paths.folder)
    this.#apply = {
      format: 1,
      number: this.#history.nextNumber(),
      startedAt: new Date().toISOString(),
      endedAt: null,
      outcome: 'running',
      operator: this.operator,
      release: releaseDigest(),
      rollbackTo: options.rollbackTo?.number ?? null,
      options: {
        serial: options.serial === undefined ? null : formatSerial(options.serial),
        canary: options.canary ?? null,
        limit: access.limit,
      },
      hosts,
      done: [],
      drained,
      changedFiles: review.changes.reduce((sum, { files }) => sum + files.length, 0),
      inventory: review.prepared.inventory,
    }
  }

  async keep(work: () => Promise<Report>): Promise<Report> {
    this.#history.keep(this.#apply)
    try {
      const report = await work()
      this.#end(report.isInterrupted ? 'interrupted' : report.isComplete ? 'done' : 'failed')
      return report
    } catch (error) {
      this.#end(error instanceof Interrupted ? 'interrupted' : 'failed')
      throw error
    }
  }

  advance(hosts: readonly string[]): void {
    this.#apply = { ...this.#apply, done: [...this.#apply.done, ...hosts] }
    this.#history.keep(this.#apply)
  }

  noteDrained(drained: readonly string[]): void {
    this.#apply = { ...this.#apply, drained }
    this.#history.keep(this.#apply)
  }

  #end(outcome: Apply['outcome']): void {
    this.#apply = { ...this.#apply, outcome, endedAt: new Date().toISOString() }
    this.#history.keep(this.#apply)
  }
}
