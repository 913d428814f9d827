/** How a frame larger than its segments is to be cut; the numbers are those of virtio 1.3, section 5.1.6. */
export const Segmentation = { none: 0, tcp4: 1, tcp6: 4, udp: 5 } as const

/**
 * What a frame still lacks: the rest of its checksum, and the cut into segments. One object serves for many frames, so it is
 * filled in rather than made anew.
 */
export interface FrameShape {
  /** From where on the checksum is to be completed; zero when it is complete. Always set with segmentation. */
  checksumStart: number
  /** From there to the checksum field. */
  checksumOffset: number
  segmentation: number
  /** Payload bytes of each segment but the last. */
  segmentBytes: number
  /** Bytes of all headers, repeated in each segment. */
  headerBytes: number
}

export function plainShape(): FrameShape {
  return { checksumStart: 0, checksumOffset: 0, segmentation: Segmentation.none, segmentBytes: 0, headerBytes: 0 }
}

/** Hot path. */
export function copyShape(from: FrameShape, to: FrameShape): void {
  to.checksumStart = from.checksumStart
  to.checksumOffset = from.checksumOffset
  to.segmentation = from.segmentation
  to.segmentBytes = from.segmentBytes
  to.headerBytes = from.headerBytes
}
