import fc from 'fast-check'
import { readVirtioHeader, VIRTIO_HEADER_BYTES, writeVirtioHeader } from '../../../../src/agent/linux/virtio-header.ts'
import { plainShape, Segmentation } from '../../../../src/core/router/index.ts'

const u16 = fc.integer({ min: 1, max: 0xffff })

describe('the virtio header of a frame', () => {
  it('is laid out as the kernel has it', () => {
    const bytes = Buffer.alloc(VIRTIO_HEADER_BYTES)
    const tcp = {
      checksumStart: 34,
      checksumOffset: 16,
      segmentation: Segmentation.tcp4,
      segmentBytes: 1324,
      headerBytes: 66,
    }
    writeVirtioHeader(bytes, 0, tcp)
    expect(bytes.toString('hex')).toBe('010142002c0522001000')
    writeVirtioHeader(bytes, 0, plainShape())
    expect(bytes.toString('hex')).toBe('00'.repeat(VIRTIO_HEADER_BYTES))
  })

  it('is read as it was written', () => {
    const segmentation = fc.constantFrom(Segmentation.tcp4, Segmentation.tcp6, Segmentation.udp)
    const shapes = fc.record({
      checksumStart: u16,
      checksumOffset: u16,
      segmentation,
      segmentBytes: u16,
      headerBytes: u16,
    })
    fc.assert(
      fc.property(shapes, shape => {
        const bytes = Buffer.alloc(VIRTIO_HEADER_BYTES)
        writeVirtioHeader(bytes, 0, shape)
        const read = plainShape()
        readVirtioHeader(bytes, 0, read)
        expect(read).toEqual(shape)
      }),
    )
  })

  it('tells of congestion only what the frame tells by itself', () => {
    const shape = plainShape()
    readVirtioHeader(Buffer.from('018142002c0522001000', 'hex'), 0, shape)
    expect(shape.segmentation).toBe(Segmentation.tcp4)
  })
})
