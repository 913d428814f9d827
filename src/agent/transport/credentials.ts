import type { SecureContextOptions, TLSSocket } from 'node:tls'
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

/** The raw Ed25519 key that the other end has proved to hold and the cluster vouches for; else undefined. */
export function provenKeyOf(socket: TLSSocket): Uint8Array | undefined {
  return socket.authorized ? shownKeyOf(socket) : undefined
}

/** The raw Ed25519 key that the other end has proved to hold, whoever vouches for it; undefined when it is of another kind. */
export function shownKeyOf(socket: TLSSocket): Uint8Array | undefined {
  const key = socket.getPeerX509Certificate()?.publicKey
  return key?.asymmetricKeyType === 'ed25519' ? rawPublicKey(key) : undefined
}
