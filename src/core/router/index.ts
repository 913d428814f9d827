export { type AnswerRecord, answerFor, type ZoneAnswer } from '../dns/answer.ts'
export { type Entry, type EntryData, isName } from '../dns/entry.ts'
export type { FoundEntry } from '../dns/names.ts'
export { completeChecksum } from '../forwarding/checksum.ts'
export type { JoinedFlows } from '../forwarding/coalescer.ts'
export {
  type EndpointKey,
  endpointKey,
  endpointOf,
  isLinkKey,
  linkKey,
  neighbourOf,
} from '../forwarding/endpoint-key.ts'
export { Forwarder, type ForwarderOptions, type PacketSink } from '../forwarding/forwarder.ts'
export type { ForwarderCounters } from '../forwarding/forwarder-counters.ts'
export type { ForwardingPeer, ForwardingTable, SessionKey } from '../forwarding/forwarding-table.ts'
export { type FrameShape, plainShape, Segmentation } from '../forwarding/frame-shape.ts'
export { CAPTURE_AT, HEADROOM, MEMORY_BYTES, RECEIVE_AT, ROOM_BYTES } from '../forwarding/packet-memory.ts'
export type { InitialSpace, IpamAnswer, IpamInput, IpamRequest, IpamStatus, Lease } from '../ipam/api.ts'
export { emptyFastPathTable, type FastPathTable, type FloodTree } from '../mesh/fast-path-table.ts'
export { createNodeCipher, peerNameOf } from '../session/crypto.ts'
export { AUTHENTICATED_BYTES, HEADER_BYTES, TAG_BYTES, writeAuthenticated } from '../wire/datagram.ts'
export type { CipherKey, DatagramCipher } from '../wire/datagram-cipher.ts'
export { PROTOCOL_VERSION } from '../wire/link-message.ts'
export type { Probe } from '../wire/probe.ts'
export type * from './api.ts'
export { verifyManifest } from './certified-membership.ts'
export { LINK_CLOSED } from './conversation.ts'
export { createRouter } from './create-router.ts'
export { fromBase64, toBase64 } from './membership.ts'
export { shortIdOf } from './short-id.ts'
