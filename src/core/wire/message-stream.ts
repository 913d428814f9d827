import { ok, type Result, refused } from '../../base/result.ts'
import { decodeMessage, type LinkMessage, MESSAGE_BYTES_MAX } from './link-message.ts'

/** Cuts the byte stream of a link into messages. After a refusal the stream is of no more use. */
export class MessageStream {
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  #wanted = 4

  /** Returns the messages that are complete with `bytes`. */
  push(bytes: Uint8Array): Result<LinkMessage[]> {
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    const messages: LinkMessage[] = []
    while (this.#pendingBytes >= this.#wanted) {
      const joined = this.#join()
      const length = new DataView(joined.buffer, joined.byteOffset).getUint32(0)
      if (length === 0 || length > MESSAGE_BYTES_MAX) return refused(`a message of ${length} bytes`)
      this.#wanted = 4 + length
      if (joined.length < this.#wanted) break
      const message = decodeMessage(joined.subarray(4, this.#wanted))
      if (!message.ok) return message
      messages.push(message.value)
      this.#keep(new Uint8Array(joined.subarray(this.#wanted)))
    }
    return ok(messages)
  }

  #join(): Uint8Array {
    const [first] = this.#pending
    if (this.#pending.length === 1 && first !== undefined) return first
    const joined = new Uint8Array(this.#pendingBytes)
    let at = 0
    for (const piece of this.#pending) {
      joined.set(piece, at)
      at += piece.length
    }
    this.#pending = [joined]
    return joined
  }

  #keep(rest: Uint8Array): void {
    this.#pending = rest.length === 0 ? [] : [rest]
    this.#pendingBytes = rest.length
    this.#wanted = 4
  }
}
