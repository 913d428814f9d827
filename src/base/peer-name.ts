import { type Mac, macFromBytes, parseMac } from './mac.ts'
import { ok, type Result } from './result.ts'

/**
 * Names a router: 48 bits in the form of an Ethernet address (Weave row PEER-01).
 * It is derived from the host's public key, so a copied name without the key is worthless.
 */
export type PeerName = Mac & { readonly role: 'PeerName' }

export function parsePeerName(text: string): Result<PeerName> {
  const mac = parseMac(text)
  return mac.ok ? ok(mac.value as PeerName) : mac
}

/** `digest`: SHA-256 of the raw public key. Sets the locally-administered bit and clears the group bit. */
export function peerNameFromDigest(digest: Uint8Array): PeerName {
  const bytes = digest.slice(0, 6)
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02
  return macFromBytes(bytes) as PeerName
}
