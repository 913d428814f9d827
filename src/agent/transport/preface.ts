import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const NONCE_BYTES = 16
const CONTEXT = 'weave preface v1'
export const PREFACE_BYTES = 48
export const ADMISSION_KEY_BYTES = 32

/**
 * What whoever dials says first: a nonce, and the proof that he holds the cluster's admission key. It keeps strangers from
 * talking to TLS at all; who the other end is, TLS decides.
 */
export function makePreface(admissionKey: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES)
  return Buffer.concat([nonce, proofOf(admissionKey, nonce)])
}

export function isPreface(bytes: Uint8Array, admissionKey: Uint8Array): boolean {
  if (bytes.length !== PREFACE_BYTES) return false
  return timingSafeEqual(bytes.subarray(NONCE_BYTES), proofOf(admissionKey, bytes.subarray(0, NONCE_BYTES)))
}

function proofOf(admissionKey: Uint8Array, nonce: Uint8Array): Buffer {
  return createHmac('sha256', admissionKey).update(CONTEXT).update(nonce).digest()
}
