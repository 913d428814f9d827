import { createHash, createHmac, randomBytes } from 'node:crypto'
import { RistrettoPoint } from '@noble/curves/ed25519'

/**
 * CPace with ristretto255 and SHA-512 for an initiator and a responder (draft-irtf-cfrg-cpace-21, suite CPACE-RISTR255-SHA512).
 * Both get the same key if they put in the same password, session id and channel; who guesses the password wrong learns that one
 * guess is wrong, and nothing that further guesses could be tested against.
 */

const DSI = utf8('CPaceRistretto255')
const DSI_OF_KEY = utf8('CPaceRistretto255_ISK')
/** Of SHA-512, in bytes: the password fills the first block, so that hashing takes the same time for all. */
const HASH_BLOCK_BYTES = 128
/** Of the group's order, in bits: scalars are below 2^252 (section 8.3). */
const SCALAR_MASK = 0x0f

export const SHARE_BYTES = 32
/** Of a confirmation. */
export const TAG_BYTES = 32

/** What both ends know. */
export interface CpaceInput {
  /** The stretched password. */
  readonly password: Uint8Array
  /** Differs from run to run. */
  readonly sessionId: Uint8Array
  /** Who talks to whom, the initiator first. */
  readonly channel: Uint8Array
}

/** A share as it was sent, and what was said with it. */
export interface CpaceMessage {
  readonly share: Uint8Array
  readonly associated: Uint8Array
}

/** One end of one run. */
export class CpaceRun {
  readonly share: Uint8Array
  readonly #scalar: Uint8Array
  readonly #sessionId: Uint8Array

  /** `scalar`: 32 bytes, little-endian; for test vectors only. */
  constructor(input: CpaceInput, scalar: Uint8Array = drawScalar()) {
    this.#scalar = scalar
    this.#sessionId = input.sessionId
    this.share = multiplyVerified(scalar, generatorOf(input)) ?? new Uint8Array(SHARE_BYTES)
  }

  /** The intermediate session key, 64 bytes; undefined when the other's share is none, or makes the key known to all. */
  keyWith(initiator: CpaceMessage, responder: CpaceMessage): Uint8Array | undefined {
    const isInitiator = Buffer.compare(initiator.share, this.share) === 0
    const secret = multiplyVerified(this.#scalar, isInitiator ? responder.share : initiator.share)
    if (secret === undefined) return undefined
    const transcript = [initiator, responder].map(({ share, associated }) => joinWithLengths(share, associated))
    return sha512(joinWithLengths(DSI_OF_KEY, this.#sessionId, secret), ...transcript)
  }
}

/** `calculate_generator` (section 8.3): the encoded point that the password stands for in this session. */
export function generatorOf(input: CpaceInput): Uint8Array {
  return RistrettoPoint.hashToCurve(sha512(generatorString(input))).toBytes()
}

/** Shows the other end that we came to the same key (section 10.4). */
export function confirm(key: Uint8Array, sessionId: Uint8Array, sent: CpaceMessage): Uint8Array {
  const macKey = sha512(utf8('CPaceMac'), sessionId, key)
  const mac = createHmac('sha512', macKey).update(joinWithLengths(sent.share, sent.associated)).digest()
  return new Uint8Array(mac.subarray(0, TAG_BYTES))
}

/** `generator_string` (section 7.1). */
export function generatorString({ password, sessionId, channel }: CpaceInput): Uint8Array {
  const used = withLength(password).length + withLength(DSI).length
  const padding = new Uint8Array(Math.max(0, HASH_BLOCK_BYTES - 1 - used))
  return joinWithLengths(DSI, password, padding, channel, sessionId)
}

/** `scalar_mult_vfy`: undefined where the draft returns the neutral element. */
export function multiplyVerified(scalar: Uint8Array, point: Uint8Array): Uint8Array | undefined {
  const product = decodePoint(point)?.multiply(integerOf(scalar))
  return product === undefined || product.is0() ? undefined : product.toBytes()
}

/** `lv_cat`: each part behind its length in LEB128. */
export function joinWithLengths(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts.map(withLength)))
}

function withLength(part: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = part.length
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  return Buffer.concat([Uint8Array.from(length), part])
}

function decodePoint(bytes: Uint8Array): InstanceType<typeof RistrettoPoint> | undefined {
  try {
    const point = RistrettoPoint.fromBytes(bytes)
    return point.is0() ? undefined : point
  } catch {
    return undefined
  }
}

function drawScalar(): Uint8Array {
  const scalar = randomBytes(32)
  scalar[31] = (scalar[31] ?? 0) & SCALAR_MASK
  return integerOf(scalar) === 0n ? drawScalar() : new Uint8Array(scalar)
}

function integerOf(littleEndian: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(littleEndian).reverse().toString('hex')}`)
}

function sha512(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
