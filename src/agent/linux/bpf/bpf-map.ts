import { allocatePinned, type PinnedBytes } from '../libc.ts'
import type { BpfCalls } from './bpf-calls.ts'

export interface MapShape {
  readonly keyBytes: number
  /** Of all processors together, for a map that keeps a value for each. */
  readonly valueBytes: number
}

/** Four bytes as a number, or as many as the map's keys have. */
export type MapKey = number | Uint8Array

/** One map in the kernel. Buffers that methods return are overwritten by the next call. */
export class BpfMap {
  readonly fd: number
  readonly #calls: BpfCalls
  readonly #key: PinnedBytes
  readonly #next: PinnedBytes
  readonly #value: PinnedBytes

  constructor(calls: BpfCalls, fd: number, shape: MapShape) {
    this.fd = fd
    this.#calls = calls
    this.#key = allocatePinned(shape.keyBytes)
    this.#next = allocatePinned(shape.keyBytes)
    this.#value = allocatePinned(shape.valueBytes)
  }

  set(key: MapKey, write: (value: Buffer) => void): void {
    this.#point(key)
    write(this.#value.bytes.fill(0))
    this.#calls.update(this.fd, this.#key, this.#value)
  }

  get(key: MapKey): Buffer | undefined {
    this.#point(key)
    return this.#calls.lookup(this.fd, this.#key, this.#value) ? this.#value.bytes : undefined
  }

  delete(key: MapKey): void {
    this.#point(key)
    this.#calls.delete(this.fd, this.#key)
  }

  /** Keys of four bytes, as numbers. */
  keys(): readonly number[] {
    const found: number[] = []
    this.walk((key: Buffer) => found.push(key.readUInt32LE()), Number.POSITIVE_INFINITY)
    return found
  }

  /** At most `keysMax`: where others change the map meanwhile, the kernel may begin once more. `visit` may get the key's value. */
  walk(visit: (key: Buffer) => void, keysMax: number): void {
    let last: PinnedBytes | undefined
    for (let i = 0; i < keysMax && this.#calls.nextKey(this.fd, last, this.#next); i++) {
      visit(this.#next.bytes)
      this.#key.bytes.set(this.#next.bytes)
      last = this.#key
    }
  }

  close(): void {
    this.#calls.close(this.fd)
  }

  #point(key: MapKey): void {
    if (typeof key === 'number') this.#key.bytes.writeUInt32LE(key)
    else this.#key.bytes.set(key)
  }
}
