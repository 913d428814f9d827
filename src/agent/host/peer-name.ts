import type { PeerName } from '../../base/peer-name.ts'
import { peerNameOf } from '../../core/router/index.ts'
import type { Identity } from './identity.ts'

export function peerNameOfIdentity(identity: Identity): PeerName {
  return peerNameOf(identity.publicKey)
}
