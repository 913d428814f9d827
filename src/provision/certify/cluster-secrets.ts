import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { dump, load } from 'js-yaml'
import { ok, type Result, refused } from '../../base/result.ts'
import { ShapeReader } from '../../contract/json-shape.ts'

/** Made once for a cluster; they stay on the control machine. */
export interface ClusterSecrets {
  readonly clusterId: string
  /** Ed25519: signs the manifest and the hosts' certificates. */
  readonly privateKey: KeyObject
  /** 32 bytes in hexadecimal: opens the door in front of TLS. */
  readonly admissionKey: string
  /** While the admission key is being changed. */
  readonly rotation?: Rotation
}

/** `offered`: the next key lets in, and the old one is shown. `switched`: the other way round. `dropped`: hosts lose the old one. */
export type Rotation =
  | {
      readonly stage: 'offered' | 'switched'
      /** The key that lets in and is not shown. */
      readonly other: string
    }
  | { readonly stage: 'dropped' }

export type RotationStage = Rotation['stage']

const HEADER = '# Secrets of the cluster; read and written by weave-provision.\n'

export function createSecrets(): ClusterSecrets {
  return {
    clusterId: randomBytes(16).toString('hex'),
    privateKey: generateKeyPairSync('ed25519').privateKey,
    admissionKey: randomBytes(32).toString('hex'),
  }
}

/** Raw public key in base64. */
export function publicKeyOf(secrets: ClusterSecrets): string {
  const { x } = createPublicKey(secrets.privateKey).export({ format: 'jwk' })
  return Buffer.from(x ?? '', 'base64url').toString('base64')
}

export function formatSecrets(secrets: ClusterSecrets): string {
  const { clusterId, privateKey, admissionKey, rotation } = secrets
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return (
    HEADER +
    dump({ format: 1, clusterId, privateKey: pem, admissionKey, ...(rotation === undefined ? {} : { rotation }) })
  )
}

/** What is wrong is told without quoting the text. */
export function parseSecrets(text: string): Result<ClusterSecrets> {
  let document: unknown
  try {
    document = load(text)
  } catch {
    return refused('not YAML')
  }
  const shape = new ShapeReader(document)
  shape.integer('format', 1, 1)
  const clusterId = shape.text('clusterId')
  const admissionKey = shape.text('admissionKey')
  const privateKey = readPrivateKey(shape.text('privateKey'))
  shape.check(/^[0-9a-f]{32}$/.test(clusterId), 'clusterId must be 32 hexadecimal digits')
  shape.check(/^[0-9a-f]{64}$/.test(admissionKey), 'admissionKey must be 64 hexadecimal digits')
  shape.check(privateKey !== undefined, 'privateKey must be an Ed25519 key in PEM')
  const rotation = readRotation(shape, document)
  const shapeOk = shape.result(undefined)
  if (!shapeOk.ok || privateKey === undefined) return refused(shapeOk.ok ? 'no private key' : shapeOk.error)
  return ok({ clusterId, admissionKey, privateKey, ...(rotation === undefined ? {} : { rotation }) })
}

function readRotation(shape: ShapeReader, document: unknown): Rotation | undefined {
  const isThere = typeof document === 'object' && document !== null && 'rotation' in document
  if (!isThere) return undefined
  const rotation = shape.object('rotation')
  const stage = rotation.text('stage')
  if (stage === 'dropped') return { stage }
  const other = rotation.text('other')
  shape.check(stage === 'offered' || stage === 'switched', 'rotation.stage is not known')
  shape.check(/^[0-9a-f]{64}$/.test(other), 'rotation.other must be 64 hexadecimal digits')
  return { stage: stage === 'offered' ? 'offered' : 'switched', other }
}

function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch {
    return undefined
  }
}
