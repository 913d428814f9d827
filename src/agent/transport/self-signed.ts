import { createPrivateKey, sign } from 'node:crypto'
import type { Identity } from '../host/identity.ts'

/** Of tags that are needed here (X.690). */
const Tag = { integer: 0x02, bitString: 0x03, sequence: 0x30, set: 0x31, time: 0x18, utf8: 0x0c, oid: 0x06 } as const
/** id-Ed25519 (RFC 8410), and commonName (RFC 5280). */
const ED25519 = der(Tag.sequence, der(Tag.oid, Buffer.from('2b6570', 'hex')))
const COMMON_NAME = der(Tag.oid, Buffer.from('550403', 'hex'))
/** For ever, as RFC 5280 (section 4.1.2.5) writes it: the key is what counts, and clocks may be wrong. */
const VALIDITY = der(
  Tag.sequence,
  der(Tag.time, Buffer.from('19700101000000Z')),
  der(Tag.time, Buffer.from('99991231235959Z')),
)

/**
 * A certificate (X.509, version 1, PEM) that says no more than the key: for TLS, which has nothing simpler in Node. Whether the key
 * is welcome is decided afterwards.
 */
export function selfSign(identity: Identity): string {
  const name = der(Tag.sequence, der(Tag.set, der(Tag.sequence, COMMON_NAME, der(Tag.utf8, Buffer.from('weave')))))
  const key = der(Tag.sequence, ED25519, der(Tag.bitString, Uint8Array.of(0), identity.publicKey))
  const serial = der(Tag.integer, Uint8Array.of(1))
  const body = der(Tag.sequence, serial, ED25519, name, VALIDITY, name, key)
  const signature = sign(null, body, createPrivateKey(identity.privateKeyPem))
  const certificate = der(Tag.sequence, body, ED25519, der(Tag.bitString, Uint8Array.of(0), signature))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** Tag, length, value; values here are shorter than 64 KiB. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts)
  const { length } = value
  const prefix = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Uint8Array.of(tag, ...prefix), value])
}
