import { ok, type Result, refused } from '../../base/result.ts'
import { decodeMessage, type LinkMessage, MESSAGE_BYTES_MAX } from './link-message.ts'

const LENGTH_BYTES = 4
/** Of the first message, a hello: who has yet to say who it is has little memory taken. Fixed fields, and a record whose length has 16 bits. */
export const FIRST_MESSAGE_BYTES_MAX = 1 + 2 + 2 + 8 + 8 + 2 + 65_535
/** Pieces are put together up to this size: a message of 4 MB may come in as many. */
const BLOCK_BYTES = 64 * 1024

/** Cuts the byte stream of a link into messages. After a refusal the stream is of no more use. */
export class MessageStream {
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  /** Bytes without which the next message cannot be complete. */
  #wanted = LENGTH_BYTES
  #limit = FIRST_MESSAGE_BYTES_MAX

  /** Pieces that a message which is not complete lies in: one for some 30 KB, and a few more. */
  get pieces(): number {
    return this.#pending.length
  }

  /** Returns the messages that are complete with `bytes`. */
  push(bytes: Uint8Array): Result<LinkMessage[]> {
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#pendingBytes < this.#wanted) {
      this.#gather()
      return ok([])
    }
    const joined = this.#join()
    const messages: LinkMessage[] = []
    let at = 0
    for (;;) {
      const wanted = wantedAt(joined, at, this.#limit)
      if (!wanted.ok) return wanted
      this.#wanted = wanted.value
      if (joined.length - at < this.#wanted) break
      const message = decodeMessage(joined.subarray(at + LENGTH_BYTES, at + this.#wanted))
      if (!message.ok) return message
      messages.push(message.value)
      this.#limit = MESSAGE_BYTES_MAX
      at += this.#wanted
    }
    this.#keep(joined, at)
    return ok(messages)
  }

  /** Small ones that lie side by side, the larger the rarer: a byte is copied some twenty times at most. */
  #gather(): void {
    for (;;) {
      const [before, last] = this.#pending.slice(-2)
      if (before === undefined || last === undefined || before.length > 2 * last.length) return
      if (before.length + last.length > BLOCK_BYTES) return
      const both = new Uint8Array(before.length + last.length)
      both.set(before)
      both.set(last, before.length)
      this.#pending.splice(-2, 2, both)
    }
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
function wantedAt(bytes: Uint8Array, at: number, limit: number): Result<number> {
  if (bytes.length - at < LENGTH_BYTES) return ok(LENGTH_BYTES)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at)
  if (length === 0 || length > limit) return refused(`a message of ${length} bytes`)
  return ok(LENGTH_BYTES + length)
}
