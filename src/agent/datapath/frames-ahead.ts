import { ROOM_BYTES } from '../../core/router/index.ts'
import { type Address, allocatePinned } from '../linux/libc.ts'

const FRAMES_MAX = 8

/** Frames that were read before their turn, in their order. */
export class FramesAhead {
  readonly #memory = allocatePinned(FRAMES_MAX * ROOM_BYTES)
  readonly #lengths = new Uint32Array(FRAMES_MAX)
  #first = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  get hasRoom(): boolean {
    return this.#count < FRAMES_MAX
  }

  get bytes(): Buffer {
    return this.#memory.bytes
  }

  /** Of `place`, in `bytes`. */
  get offset(): number {
    return this.#next * ROOM_BYTES
  }

  /** Where the next may be read to. */
  get place(): Address {
    return this.#memory.address + this.offset
  }

  /** Copies what was read to `place` and is not to wait. */
  copy(length: number, to: Uint8Array, at: number): void {
    this.#copy(this.#next, length, to, at)
  }

  /** What was read to `place` waits. */
  push(length: number): void {
    this.#lengths[this.#next] = length
    this.#count++
  }

  /** Takes the one that has waited longest: its length, 0 when there is none. */
  take(to: Uint8Array, at: number): number {
    if (this.#count === 0) return 0
    const length = this.#lengths[this.#first] ?? 0
    this.#copy(this.#first, length, to, at)
    this.#first = (this.#first + 1) % FRAMES_MAX
    this.#count--
    return length
  }

  get #next(): number {
    return (this.#first + this.#count) % FRAMES_MAX
  }

  #copy(slot: number, length: number, to: Uint8Array, at: number): void {
    this.#memory.bytes.copy(to, at, slot * ROOM_BYTES, slot * ROOM_BYTES + length)
  }
}
