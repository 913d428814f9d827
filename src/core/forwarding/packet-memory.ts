import { HEADER_BYTES, TAG_BYTES } from '../wire/datagram.ts'
import { META_BYTES } from '../wire/frame-meta.ts'
import { RUN_BYTES_MAX } from './transmit-run.ts'

/** Bytes before any frame that is given to the sink, which it may overwrite. */
export const HEADROOM = HEADER_BYTES + META_BYTES
/** Around the frame in its datagram. */
export const OVERHEAD = HEADROOM + TAG_BYTES
/** The largest frame that a datagram of so many bytes holds. */
export function frameBytesOf(datagramBytes: number): number {
  return datagramBytes - OVERHEAD
}

/** The largest frame that is not to be cut. */
export const FRAME_BYTES_MAX = RUN_BYTES_MAX - OVERHEAD
/** The largest frame that is to be cut, or that was joined: an IP packet of 65,535 bytes behind Ethernet and two VLAN tags. */
export const JOINED_BYTES_MAX = 65_535 + 22

const AREA_BYTES = 66_048

/**
 * One piece of memory holds all packets at work, so that copies within it need no views and its address is taken once. Frames from
 * the bridge are read to `CAPTURE_AT`, datagrams from the underlay to `RECEIVE_AT`.
 */
export const RUN_AT = 0
export const CAPTURE_AT = AREA_BYTES + HEADROOM
export const RECEIVE_AT = 2 * AREA_BYTES + HEADROOM
export const JOIN_AT = 3 * AREA_BYTES + HEADROOM
export const MEMORY_BYTES = 4 * AREA_BYTES + HEADROOM
/** What may be read to each place. */
export const ROOM_BYTES = AREA_BYTES - HEADROOM
