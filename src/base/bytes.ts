import { hasControlCharacters } from './control-characters.ts'

/**
 * Reads a message field by field. Past the end, and on a limit exceeded, it remembers the failure and yields zeros:
 * the caller checks `failure` once, at the end, so decoders read like the layout they decode.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0
  #failure: string | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get failure(): string | undefined {
    return this.#failure
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(): number {
    const at = this.#take(1)
    return at === undefined ? 0 : this.#view.getUint8(at)
  }

  u16(): number {
    const at = this.#take(2)
    return at === undefined ? 0 : this.#view.getUint16(at)
  }

  u32(): number {
    const at = this.#take(4)
    return at === undefined ? 0 : this.#view.getUint32(at)
  }

  u64(): bigint {
    const at = this.#take(8)
    return at === undefined ? 0n : this.#view.getBigUint64(at)
  }

  /** A copy, so that the message's memory may be reused: `slice` of a Buffer would be a view of it. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return at === undefined
      ? new Uint8Array(length < 0 || length > 65536 ? 0 : length)
      : new Uint8Array(this.#bytes.subarray(at, at + length))
  }

  /** As `bytes`, without the copy: for what is looked at before the message's memory is reused. */
  view(length: number): Uint8Array {
    const at = this.#take(length)
    return at === undefined ? new Uint8Array(0) : this.#bytes.subarray(at, at + length)
  }

  /** One line of UTF-8, after a length of one byte. Bad sequences and control characters fail. */
  text8(): string {
    const raw = this.bytes(this.u8())
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(raw)
      if (hasControlCharacters(text)) this.#failure ??= 'text with control characters'
      return text
    } catch {
      this.#failure ??= 'text is not UTF-8'
      return ''
    }
  }

  /** The field just read has a value that it must not have. */
  fail(reason: string): void {
    this.#failure ??= reason
  }

  /** Ends the message: what is left over is a failure too. */
  end(): string | undefined {
    if (this.#failure === undefined && this.remaining > 0) this.#failure = `${this.remaining} bytes too many`
    return this.#failure
  }

  #take(length: number): number | undefined {
    if (this.#failure !== undefined) return undefined
    if (length < 0 || this.remaining < length) {
      this.#failure = 'message is too short'
      return undefined
    }
    const at = this.#offset
    this.#offset += length
    return at
  }
}

/** Writes a message field by field, big-endian. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  /** `capacity`: bytes that are expected; where that is exact, nothing is copied. */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  u8(value: number): this {
    const at = this.#grow(1)
    this.#view.setUint8(at, value)
    return this
  }

  u16(value: number): this {
    const at = this.#grow(2)
    this.#view.setUint16(at, value)
    return this
  }

  u32(value: number): this {
    const at = this.#grow(4)
    this.#view.setUint32(at, value)
    return this
  }

  u64(value: bigint): this {
    const at = this.#grow(8)
    this.#view.setBigUint64(at, value)
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** UTF-8, after a length of one byte; cut at a character border to at most 255 bytes. */
  text8(value: string): this {
    const raw = new Uint8Array(255)
    const { written } = new TextEncoder().encodeInto(value, raw)
    return this.u8(written).bytes(raw.subarray(0, written))
  }

  finish(): Uint8Array {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length)
  }

  /** Makes room and says where. It may replace the memory, so call it before the view is looked up. */
  #grow(by: number): number {
    const at = this.#length
    this.#length += by
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}
