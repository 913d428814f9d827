import type { IpNetwork } from '../../base/ip-address.ts'
import type { Input, IpamAnswer, IpamRequest } from '../../core/router/index.ts'

type Wish = IpamRequest extends infer Request ? (Request extends IpamRequest ? Omit<Request, 'ticket'> : never) : never
type Order =
  | { readonly kind: 'take-over'; readonly peer: string }
  | { readonly kind: 'add-range'; readonly range: IpNetwork }

/** Hands requests to the router, and its answers to whoever asked. */
export class AddressDesk {
  readonly #tell: (input: Input) => void
  readonly #waiting = new Map<number, (answer: IpamAnswer) => void>()
  #tickets = 0

  constructor(tell: (input: Input) => void) {
    this.#tell = tell
  }

  /** Resolves in any case: the router answers each request when its time is over. `gone` ends the request without an answer. */
  ask(wish: Wish | Order, gone: AbortSignal): Promise<IpamAnswer> {
    const ticket = ++this.#tickets
    return new Promise(resolve => {
      this.#waiting.set(ticket, resolve)
      gone.addEventListener('abort', () => this.#cancel(ticket))
      this.#tell({ kind: 'addresses', input: { ...wish, ticket } as Extract<Input, { kind: 'addresses' }>['input'] })
    })
  }

  answered(ticket: number, answer: IpamAnswer): void {
    this.#waiting.get(ticket)?.(answer)
    this.#waiting.delete(ticket)
  }

  #cancel(ticket: number): void {
    if (!this.#waiting.has(ticket)) return
    this.answered(ticket, { kind: 'refused', reason: 'cancelled' })
    this.#tell({ kind: 'addresses', input: { kind: 'cancel', ticket } })
  }
}
