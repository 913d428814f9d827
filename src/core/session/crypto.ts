import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { type PeerName, peerNameFromDigest } from '../../base/peer-name.ts'
import {
  AUTHENTICATED_BYTES,
  COUNTER_AT,
  HEADER_BYTES,
  TAG_BYTES,
  writeAuthenticated,
  writeCounter,
} from '../wire/datagram.ts'
import { type CipherKey, type DatagramCipher, type DatagramRun, RUN_DATAGRAMS_MAX } from '../wire/datagram-cipher.ts'

const NONCE_BYTES = 12

/** DER in front of the raw 32 bytes of a key (RFC 8410). */
const DER = {
  ed25519Private: Buffer.from('302e020100300506032b657004220420', 'hex'),
  ed25519Public: Buffer.from('302a300506032b6570032100', 'hex'),
  x25519Private: Buffer.from('302e020100300506032b656e04220420', 'hex'),
  x25519Public: Buffer.from('302a300506032b656e032100', 'hex'),
}

/** An Ed25519 key that signs (RFC 8032). */
export interface Signer {
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

/** `seed`: the raw private key, 32 bytes. */
export function createSigner(seed: Uint8Array): Signer {
  const key = privateKeyOf(DER.ed25519Private, seed)
  return { publicKey: rawPublicKeyOf(key), sign: message => new Uint8Array(sign(null, message, key)) }
}

/** False for anything that is not the key's signature over this message, malformed input included. */
export type Verifier = (message: Uint8Array, signature: Uint8Array) => boolean

/** Unpacking a key takes a third as long as verifying with it: keep the verifier of a key that is used again. */
export function createVerifier(publicKey: Uint8Array): Verifier {
  const key = publicKeyOf(DER.ed25519Public, publicKey)
  return (message, signature) => key !== undefined && signature.length === 64 && verify(null, message, key, signature)
}

export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return createVerifier(publicKey)(message, signature)
}

/** A short-lived X25519 key (RFC 7748). */
export interface AgreementKey {
  readonly publicKey: Uint8Array
  /** The shared secret, or undefined when `theirs` is no key, or one that makes the secret known to all. */
  agree(theirs: Uint8Array): Uint8Array | undefined
}

export function createAgreementKey(seed: Uint8Array): AgreementKey {
  const privateKey = privateKeyOf(DER.x25519Private, seed)
  return {
    publicKey: rawPublicKeyOf(privateKey),
    agree(theirs) {
      const publicKey = publicKeyOf(DER.x25519Public, theirs)
      if (publicKey === undefined) return undefined
      try {
        return new Uint8Array(diffieHellman({ privateKey, publicKey }))
      } catch {
        return undefined
      }
    },
  }
}

/** HKDF-SHA-256 (RFC 5869), 32 bytes, no salt. */
export function deriveKey(secret: Uint8Array, info: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, 32))
}

/** What a router asks of cryptography for each peer: simulations of a thousand routers put something cheaper in its place. */
export interface Cryptography {
  createVerifier(publicKey: Uint8Array): Verifier
  createAgreementKey(seed: Uint8Array): AgreementKey
  deriveKey(secret: Uint8Array, info: Uint8Array): Uint8Array
}

export const NODE_CRYPTOGRAPHY: Cryptography = { createVerifier, createAgreementKey, deriveKey }

export function peerNameOf(publicKey: Uint8Array): PeerName {
  return peerNameFromDigest(createHash('sha256').update(publicKey).digest())
}

/** The portable cipher: right everywhere, and about six times as slow as OpenSSL called directly. */
export function createNodeCipher(): DatagramCipher {
  const keys = new Map<CipherKey, Uint8Array>()
  let lastKey = 0
  const verdicts = new Uint8Array(RUN_DATAGRAMS_MAX)
  return {
    verdicts,
    load(key) {
      keys.set(++lastKey, key)
      return lastKey
    },
    unload(key) {
      keys.delete(key)
    },
    seal(key, counter, memory, run) {
      let next = counter
      forEachDatagram(run, (offset, bytes) => sealOne(keyOf(key), next++, memory, { offset, bytes }))
    },
    open(key, memory, run) {
      let authentic = 0
      let index = 0
      forEachDatagram(run, (offset, bytes) => {
        const isAuthentic = openOne(keyOf(key), memory, { offset, bytes })
        verdicts[index++] = isAuthentic ? 1 : 0
        if (isAuthentic) authentic++
      })
      return authentic
    },
  }

  function keyOf(key: CipherKey): Uint8Array {
    return keys.get(key) ?? new Uint8Array(0)
  }
}

interface DatagramPlace {
  readonly offset: number
  readonly bytes: number
}

function forEachDatagram(
  { offset, length, datagramBytes }: DatagramRun,
  act: (at: number, bytes: number) => void,
): void {
  for (let done = 0; done < length; done += datagramBytes) act(offset + done, Math.min(datagramBytes, length - done))
}

function sealOne(key: Uint8Array, counter: number, memory: Uint8Array, { offset, bytes }: DatagramPlace): void {
  const [body, end] = [offset + HEADER_BYTES, offset + bytes - TAG_BYTES]
  writeCounter(memory, offset, counter)
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(memory, offset))
  cipher.setAAD(authenticatedOf(memory, offset, end - body))
  memory.set(cipher.update(memory.subarray(body, end)), body)
  cipher.final()
  memory.set(cipher.getAuthTag(), end)
}

function openOne(key: Uint8Array, memory: Uint8Array, { offset, bytes }: DatagramPlace): boolean {
  const [body, end] = [offset + HEADER_BYTES, offset + bytes - TAG_BYTES]
  if (end < body) return false
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(memory, offset))
  decipher.setAAD(authenticatedOf(memory, offset, end - body))
  decipher.setAuthTag(memory.subarray(end, end + TAG_BYTES))
  memory.set(decipher.update(memory.subarray(body, end)), body)
  try {
    decipher.final()
    return true
  } catch {
    return false
  }
}

function nonceOf(memory: Uint8Array, offset: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES)
  nonce.set(memory.subarray(offset + COUNTER_AT, offset + HEADER_BYTES), NONCE_BYTES - (HEADER_BYTES - COUNTER_AT))
  return nonce
}

function authenticatedOf(memory: Uint8Array, offset: number, length: number): Uint8Array {
  const authenticated = new Uint8Array(AUTHENTICATED_BYTES)
  writeAuthenticated(authenticated, memory, offset, length)
  return authenticated
}

function privateKeyOf(prefix: Buffer, seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
}

function publicKeyOf(prefix: Buffer, raw: Uint8Array): KeyObject | undefined {
  if (raw.length !== 32) return undefined
  return createPublicKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'spki' })
}

function rawPublicKeyOf(privateKey: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32))
}
