import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'

/** DER in front of the raw 32 bytes (RFC 8410). */
const X25519_PRIVATE = Buffer.from('302e020100300506032b656e04220420', 'hex')

export function createPrivateBytes(): Uint8Array {
  return randomBytes(32)
}

export function publicBytesOf(privateKey: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: Buffer.concat([X25519_PRIVATE, privateKey]), format: 'der', type: 'pkcs8' })
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
}
