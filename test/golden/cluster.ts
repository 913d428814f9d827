import { createPrivateKey } from 'node:crypto'
import type { ClusterSecrets } from '../../src/provision/certify/cluster-secrets.ts'

/** PKCS #8 around the 32 bytes of an Ed25519 key (RFC 8410, section 7). */
const PKCS8_PREFIX = '302e020100300506032b657004220420'

/** Secrets that are none: the golden files must come out the same each time. */
export function knownSecrets(): ClusterSecrets {
  const der = Buffer.from(PKCS8_PREFIX + '01'.repeat(32), 'hex')
  return {
    clusterId: '00112233445566778899aabbccddeeff',
    privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    admissionKey: '5a'.repeat(32),
  }
}

/** A public key for each number. */
export function knownKey(index: number): string {
  return Buffer.alloc(32, index).toString('base64')
}
