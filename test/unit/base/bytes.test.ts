import fc from 'fast-check'
import { ByteReader, ByteWriter } from '../../../src/base/bytes.ts'

/** One field of a message: how it is written and what must be read. */
type Field =
  | { readonly kind: 'u8' | 'u16' | 'u32'; readonly value: number }
  | { readonly kind: 'u64'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'text8'; readonly value: string }

const anyField: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ kind: fc.constant('u8' as const), value: fc.nat({ max: 0xff }) }),
  fc.record({ kind: fc.constant('u16' as const), value: fc.nat({ max: 0xffff }) }),
  fc.record({ kind: fc.constant('u32' as const), value: fc.nat({ max: 0xffffffff }) }),
  fc.record({ kind: fc.constant('u64' as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 600 }) }),
  fc.record({ kind: fc.constant('text8' as const), value: fc.string({ unit: 'grapheme', maxLength: 40 }) }),
)

describe('messages of fields', () => {
  it('are copied out of the memory of a socket, which is not kept for them', () => {
    const memory = Buffer.alloc(64 * 1024, 1)
    const piece = new ByteReader(memory.subarray(0, 8)).bytes(8)
    memory.fill(2)
    expect(piece).toEqual(new Uint8Array(8).fill(1))
    expect(piece.buffer.byteLength).toBe(8)
  })

  it('whatever was written is read, and nothing is left over', () => {
    fc.assert(
      fc.property(fc.array(anyField, { maxLength: 20 }), fields => {
        const reader = new ByteReader(fields.reduce(write, new ByteWriter()).finish())
        for (const field of fields) expect(read(reader, field)).toEqual(field.value)
        expect(reader.end()).toBeUndefined()
      }),
    )
  })

  it('numbers are written with the most significant byte first', () => {
    const bytes = new ByteWriter().u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0fn).finish()
    expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  })

  it('a message grows past any first guess of its size', () => {
    const writer = new ByteWriter()
    for (let i = 0; i < 1000; i++) writer.u32(i)
    writer.bytes(new Uint8Array(100_000).fill(7))
    const bytes = writer.finish()
    expect(bytes).toHaveLength(104_000)
    expect(bytes.subarray(3996, 4001)).toEqual(Uint8Array.of(0, 0, 3, 231, 7))
  })

  it('what finish gave does not change with what is written later', () => {
    const writer = new ByteWriter().u8(1)
    const first = writer.finish()
    writer.u8(2)
    expect([...first]).toEqual([1])
    expect([...writer.finish()]).toEqual([1, 2])
  })
})

describe('reading what a stranger sent', () => {
  it('random bytes never make the reader throw, whatever fields are asked for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(anyField, { maxLength: 20 }), (bytes, fields) => {
        const reader = new ByteReader(bytes)
        for (const field of fields) read(reader, field)
        expect(reader.remaining).toBeGreaterThanOrEqual(0)
        reader.end()
      }),
    )
  })

  it('past the end it yields zeros and remembers the failure', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2))
    expect([reader.u32(), reader.u8(), reader.u64(), reader.u16()]).toEqual([0, 0, 0n, 0])
    expect(reader.failure).toBe('message is too short')
    expect(reader.end()).toBe('message is too short')
  })

  it('after a failure it reads nothing more, even where bytes are left', () => {
    const reader = new ByteReader(Uint8Array.of(7))
    reader.u16()
    expect(reader.u8()).toBe(0)
    expect(reader.remaining).toBe(1)
  })

  it('bytes past the end come in the asked length, so that the caller need not check', () => {
    expect(new ByteReader(new Uint8Array(0)).bytes(32)).toEqual(new Uint8Array(32))
  })

  it('a huge length is not allocated', () => {
    const reader = new ByteReader(new Uint8Array(4))
    expect(reader.bytes(0xffffffff)).toHaveLength(0)
    expect(reader.failure).toBe('message is too short')
  })

  it('a negative length is a failure, and does not move the reader back', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3))
    reader.u16()
    expect(reader.bytes(-2)).toHaveLength(0)
    expect(reader.failure).toBe('message is too short')
    expect(reader.remaining).toBe(1)
  })

  it('bytes are a copy: the buffer of the socket may be used again', () => {
    const buffer = Uint8Array.of(1, 2, 3)
    const copy = new ByteReader(buffer).bytes(3)
    buffer.fill(9)
    expect([...copy]).toEqual([1, 2, 3])
  })

  it('reads a part of a larger buffer as if it were alone', () => {
    const part = Uint8Array.of(0, 0, 0xab, 0xcd, 0, 0).subarray(2, 4)
    const reader = new ByteReader(part)
    expect(reader.u16()).toBe(0xabcd)
    expect(reader.end()).toBeUndefined()
  })

  it('text that is not UTF-8 fails', () => {
    const reader = new ByteReader(Uint8Array.of(2, 0xc3, 0x28))
    expect(reader.text8()).toBe('')
    expect(reader.failure).toBe('text is not UTF-8')
  })

  it('left-over bytes are a failure that counts them', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3))
    reader.u8()
    expect(reader.end()).toBe('2 bytes too many')
  })

  it('end keeps the first failure', () => {
    const reader = new ByteReader(Uint8Array.of(2, 0xc3, 0x28, 1))
    reader.text8()
    expect(reader.end()).toBe('text is not UTF-8')
  })
})

describe('text in messages', () => {
  it('is cut to 255 bytes at the border of a character, and stays readable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 100, maxLength: 400 }), text => {
        const reader = new ByteReader(new ByteWriter().text8(text).finish())
        const kept = reader.text8()
        expect(reader.end()).toBeUndefined()
        expect(text.startsWith(kept)).toBe(true)
      }),
    )
  })

  it.each([
    ['a'.repeat(255), 255],
    ['a'.repeat(256), 255],
    ['é'.repeat(128), 254],
    [`${'a'.repeat(253)}😀`, 253],
    ['😀'.repeat(64), 252],
  ])('%s takes %i bytes', (text, bytes) => {
    expect(new ByteWriter().text8(text).finish()).toHaveLength(bytes + 1)
  })
})

function write(writer: ByteWriter, field: Field): ByteWriter {
  switch (field.kind) {
    case 'u64':
      return writer.u64(field.value)
    case 'bytes':
      return writer.bytes(field.value)
    case 'text8':
      return writer.text8(field.value)
    default:
      return writer[field.kind](field.value)
  }
}

function read(reader: ByteReader, field: Field): unknown {
  return field.kind === 'bytes' ? reader.bytes(field.value.length) : reader[field.kind]()
}
