import fc from 'fast-check'
import * as datagram from '../../../../src/core/wire/datagram.ts'

describe('the datagram header', () => {
  it('reads back what was written, wherever it stands in the buffer', () => {
    const u16 = fc.integer({ min: 0, max: 0xffff })
    const counter = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(
        fc.nat(40),
        u16,
        u16,
        u16,
        u16,
        counter,
        (offset, source, destination, sourceKeyId, destinationKeyId, count) => {
          const bytes = new Uint8Array(offset + datagram.HEADER_BYTES)
          const ids = { source, destination, sourceKeyId, destinationKeyId }
          datagram.writeHeader(bytes, offset, { kind: datagram.DatagramKind.frame, ...ids, counter: count })
          expect(datagram.readKind(bytes, offset)).toBe(1)
          expect(datagram.readVersion(bytes, offset)).toBe(1)
          expect(datagram.readSource(bytes, offset)).toBe(source)
          expect(datagram.readDestination(bytes, offset)).toBe(destination)
          expect(datagram.readKeyIds(bytes, offset)).toBe(datagram.keyIdsOf(sourceKeyId, destinationKeyId))
          expect(datagram.readCounter(bytes, offset)).toBe(count)
        },
      ),
    )
  })

  it('has no counter past 2^53', () => {
    expect(datagram.readCounter(new Uint8Array(20).fill(0xff), 0)).toBeUndefined()
  })
})
