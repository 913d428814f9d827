import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../../base/user-error.ts'
import { createFile } from './atomic-file.ts'
import { readSecret } from './secret-file.ts'

/** The host's key pair. The private half never leaves the host. */
export interface Identity {
  /** PKCS #8 in PEM, for TLS. */
  readonly privateKeyPem: string
  /** Raw Ed25519, 32 bytes. */
  readonly seed: Uint8Array
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
}

/** Undefined when the host has none yet. */
export function loadIdentity(path: string): Identity | undefined {
  const pem = readSecret(path)
  return pem === undefined ? undefined : parseIdentity(pem, path)
}

/** Of two that ensure at the same time, both get the identity of the first. */
export function ensureIdentity(path: string): Identity {
  const known = loadIdentity(path)
  if (known !== undefined) return known
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ed25519')
  createFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, 0o600)
  const made = loadIdentity(path)
  if (made === undefined) throw new Error(`${path} vanished while it was made`)
  return made
}

/** Raw Ed25519, 32 bytes. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-32))
}

function parseIdentity(pem: string, path: string): Identity {
  const key = readPrivateKey(pem)
  if (key?.asymmetricKeyType !== 'ed25519') {
    throw new UserError({
      cause: `${path} does not hold an Ed25519 private key`,
      remedy: `restore it from a backup; or delete it and run \`weave-provision up\`, which certifies a fresh one`,
    })
  }
  const seed = new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }).subarray(-32))
  return { privateKeyPem: pem, seed, publicKey: rawPublicKey(createPublicKey(key)) }
}

function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
