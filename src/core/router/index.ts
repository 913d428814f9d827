export { type EndpointKey, endpointKey, endpointOf } from '../forwarding/endpoint-key.ts'
export {
  Forwarder,
  type ForwarderCounters,
  FRAME_BYTES_MAX,
  HEADROOM,
  type PacketSink,
  TAG_ROOM,
} from '../forwarding/forwarder.ts'
export type { ForwardingPeer, ForwardingTable, SessionKey } from '../forwarding/forwarding-table.ts'
export { createNodeCipher, peerNameOf } from '../session/crypto.ts'
export { HEADER_BYTES, TAG_BYTES } from '../wire/datagram.ts'
export type { CipherKey, DatagramCipher } from '../wire/datagram-cipher.ts'
export { PROTOCOL_VERSION } from '../wire/link-message.ts'
export type { Probe } from '../wire/probe.ts'
export type * from './api.ts'
export { fromBase64, toBase64, verifyManifest } from './membership.ts'
export { createRouter } from './router.ts'
