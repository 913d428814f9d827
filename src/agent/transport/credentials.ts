import type { X509Certificate } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import { rawPublicKey } from '../host/identity.ts'

/** What this end of a link shows, and what it demands of the other. */
export interface Credentials {
  readonly privateKeyPem: string
  readonly certificatePem: string
  /** The only authority. */
  readonly clusterCertificatePem: string
  readonly admissionKey: Uint8Array
  /** Let in as well while the key is being changed. */
  readonly furtherAdmissionKeys?: readonly Uint8Array[]
}

export function secureContextOf(credentials: Credentials): SecureContextOptions {
  return {
    key: credentials.privateKeyPem,
    cert: credentials.certificatePem,
    ca: credentials.clusterCertificatePem,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
  }
}

/** The raw Ed25519 key of a certificate that was shown, whoever vouches for it; undefined when it is of another kind. */
export function shownKeyOf(certificate: X509Certificate | undefined): Uint8Array | undefined {
  const key = certificate?.publicKey
  return key?.asymmetricKeyType === 'ed25519' ? rawPublicKey(key) : undefined
}
