import { ok, type Result, refused } from '../../base/result.ts'
import { decodeMessage, type LinkMessage, MESSAGE_BYTES_MAX } from './link-message.ts'

const LENGTH_BYTES = 4

/** Cuts the byte stream of a link into messages. After a refusal the stream is of no more use. */
export class MessageStream {
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  /** Bytes without which the next message cannot be complete. */
  #wanted = LENGTH_BYTES

  /** Returns the messages that are complete with `bytes`. */
  push(bytes: Uint8Array): Result<LinkMessage[]> {
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#pendingBytes < this.#wanted) return ok([])
    const joined = this.#join()
    const messages: LinkMessage[] = []
    let at = 0
    for (;;) {
      const wanted = wantedAt(joined, at)
      if (!wanted.ok) return wanted
      this.#wanted = wanted.value
      if (joined.length - at < this.#wanted) break
      const message = decodeMessage(joined.subarray(at + LENGTH_BYTES, at + this.#wanted))
      if (!message.ok) return message
      messages.push(message.value)
      at += this.#wanted
    }
    this.#keep(joined, at)
    return ok(messages)
  }

  #join(): Uint8Array {
    const [first] = this.#pending
    return this.#pending.length === 1 && first !== undefined ? first : Buffer.concat(this.#pending)
  }

  /** Copies the rest once, however many messages lay before it, so that it does not hold their bytes. */
  #keep(joined: Uint8Array, at: number): void {
    this.#pendingBytes = joined.length - at
    this.#pending = this.#pendingBytes === 0 ? [] : [new Uint8Array(joined.subarray(at))]
  }
}

/** Bytes of the message that begins there, its length included; of the length alone while that is not whole. */
function wantedAt(bytes: Uint8Array, at: number): Result<number> {
  if (bytes.length - at < LENGTH_BYTES) return ok(LENGTH_BYTES)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at)
  if (length === 0 || length > MESSAGE_BYTES_MAX) return refused(`a message of ${length} bytes`)
  return ok(LENGTH_BYTES + length)
}
