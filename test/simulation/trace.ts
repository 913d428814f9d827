import { DatagramKind, HEADER_BYTES, readDestination, readKind, readSource } from '../../src/core/wire/datagram.ts'
import { decodeMessage } from '../../src/core/wire/link-message.ts'

const KEPT_MAX = 60

interface Message {
  readonly at: number
  readonly from: string
  readonly to: string
  readonly way: 'link' | 'datagram'
  readonly bytes: Uint8Array
}

/** The last messages of a run, drawn when they are asked for. */
export class Trace {
  readonly #messages: Message[] = []

  note(message: Message): void {
    this.#messages.push(message)
    if (this.#messages.length > KEPT_MAX) this.#messages.shift()
  }

  /** A sequence diagram of mermaid. */
  draw(): string {
    const lines = this.#messages.map(message => {
      const arrow = message.way === 'link' ? '->>' : '-->>'
      return `    ${message.from}${arrow}${message.to}: ${message.at.toFixed(1)} ms ${describe(message)}`
    })
    return ['sequenceDiagram', ...lines].join('\n')
  }
}

function describe({ way, bytes }: Message): string {
  if (way === 'link') {
    const message = decodeMessage(bytes.subarray(4))
    return message.ok ? message.value.kind : `${bytes.length} bytes`
  }
  if (bytes.length < HEADER_BYTES) return `${bytes.length} bytes`
  return `${kindOf(readKind(bytes, 0))} ${readSource(bytes, 0)} to ${readDestination(bytes, 0)}`
}

function kindOf(kind: number): string {
  return Object.entries(DatagramKind).find(([, known]) => known === kind)?.[0] ?? `kind ${kind}`
}
