import { type FrameShape, Segmentation } from '../../core/router/index.ts'

/** `struct virtio_net_hdr` as a TAP device speaks it: in the byte order of the machine, which is little-endian. */
export const VIRTIO_HEADER_BYTES = 10

const NEEDS_CSUM = 1
const ECN = 0x80

/** Hot path. */
export function readVirtioHeader(bytes: Buffer, at: number, shape: FrameShape): void {
  const isPartial = ((bytes[at] ?? 0) & NEEDS_CSUM) !== 0
  shape.segmentation = (bytes[at + 1] ?? 0) & ~ECN
  shape.headerBytes = bytes.readUInt16LE(at + 2)
  shape.segmentBytes = bytes.readUInt16LE(at + 4)
  shape.checksumStart = isPartial ? bytes.readUInt16LE(at + 6) : 0
  shape.checksumOffset = isPartial ? bytes.readUInt16LE(at + 8) : 0
}

/** Hot path. */
export function writeVirtioHeader(bytes: Buffer, at: number, shape: FrameShape): void {
  const isCut = shape.segmentation !== Segmentation.none
  bytes[at] = shape.checksumStart === 0 ? 0 : NEEDS_CSUM
  bytes[at + 1] = shape.segmentation
  bytes.writeUInt16LE(isCut ? shape.headerBytes : 0, at + 2)
  bytes.writeUInt16LE(isCut ? shape.segmentBytes : 0, at + 4)
  bytes.writeUInt16LE(shape.checksumStart, at + 6)
  bytes.writeUInt16LE(shape.checksumOffset, at + 8)
}
