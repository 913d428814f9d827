import { assert } from '../../base/assert.ts'
import { createSigner, peerNameOf } from '../session/crypto.ts'
import type { RouterOptions } from './api.ts'
import { CertifiedMembership, verifyManifest } from './certified-membership.ts'
import type { Membership } from './membership.ts'
import { OpenMembership } from './open-membership.ts'

export function createMembership({ trust, identitySeed, shortId }: RouterOptions): Membership {
  if (trust.kind === 'open') {
    return new OpenMembership({ name: peerNameOf(createSigner(identitySeed).publicKey), shortId })
  }
  const verified = verifyManifest(trust.manifest, trust.clusterKey)
  assert(verified.ok, 'the shell starts the router with a valid manifest')
  return new CertifiedMembership(trust.manifest, verified.value, trust.clusterKey)
}
