import { hasControlCharacters } from '../../base/control-characters.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { addressBytes } from './address.ts'
import { readU16, viewOf } from './big-endian.ts'
import { ADDRESSES_MAX, LINKS_MAX } from './peer-record.ts'

/** What an encoded record of topic 0 says of keys, without making objects of all else that it says. */
export interface RecordView {
  readonly keyId: number
  readonly publicKey: Uint8Array
}

export interface RecordHead {
  readonly shortId: number
  readonly bootId: bigint
  readonly version: bigint
}

const NAME_AT = 2
const BOOT_AT = 8
const TOPIC_BOOT_AT = 3
const NICKNAME_AT = 24
const KEY_BYTES = 34
/** In front of a link's address: short id and flags. */
const LINK_HEAD_BYTES = 3
/** Behind it: port and cost. */
const LINK_TAIL_BYTES = 4

/** Who it is of and how recent, of an encoded record of any topic; undefined when it is too short for that. */
export function headOf(topic: number, bytes: Uint8Array): RecordHead | undefined {
  const bootAt = bootOffset(topic)
  if (bytes.length < bootAt + 16) return undefined
  const view = viewOf(bytes)
  return { shortId: view.getUint16(0), bootId: view.getBigUint64(bootAt), version: view.getBigUint64(bootAt + 8) }
}

/** Orders two states of one record as sent, both long enough to have heads: above 0 when `a` is the newer one, 0 for the same. */
export function compareAges(topic: number, a: Uint8Array, b: Uint8Array): number {
  const bootAt = bootOffset(topic)
  for (let at = bootAt; at < bootAt + 16; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export function isSameName(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = NAME_AT; at < BOOT_AT; at++) if (a[at] !== b[at]) return false
  return true
}

export function nameBytesOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(NAME_AT, BOOT_AT)
}

/** Nickname, port and addresses, as bytes, of a record that was found sound. */
export function identityBytesOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(NICKNAME_AT, identityEnd(bytes))
}

/** Checks the layout of the signed part and looks it over; accepts exactly what `decodeRecord` accepts. */
export function viewRecord(encoded: Uint8Array): Result<RecordView> {
  const keyAt = keyOffset(encoded)
  if (keyAt === undefined || encoded.length < keyAt + KEY_BYTES + 2) return refused('message is too short')
  const view = viewOf(encoded)
  const linkCount = view.getUint16(keyAt + KEY_BYTES)
  if (linkCount > LINKS_MAX) return refused('a list is too long')
  const end = linksEnd(encoded, keyAt + KEY_BYTES + 2, linkCount)
  if (end === undefined) return refused('message is too short, or an address of an unknown family')
  const rest = encoded.length - end
  if (rest !== 0) return refused(rest < 0 ? 'message is too short' : `${rest} bytes too many`)
  return ok({ keyId: view.getUint16(keyAt), publicKey: encoded.subarray(keyAt + 2, keyAt + KEY_BYTES) })
}

/**
 * Visits the established links of a record that was found sound: neighbours and the costs that the record's router gives them. What
 * follows the links may follow. Hot path: asked of every peer's record for each computation of routes, hence without views.
 */
export function eachEstablishedLink(bytes: Uint8Array, visit: (neighbour: number, cost: number) => void): void {
  const start = identityEnd(bytes) + KEY_BYTES
  let at = start + 2
  for (let left = readU16(bytes, start); left > 0; left--) {
    const costAt = at + LINK_HEAD_BYTES + (addressBytes(bytes[at + LINK_HEAD_BYTES]) ?? 0) + 2
    if (((bytes[at + 2] ?? 0) & 1) !== 0) visit(readU16(bytes, at), readU16(bytes, costAt))
    at = costAt + 2
  }
}

function bootOffset(topic: number): number {
  return topic === 0 ? BOOT_AT : TOPIC_BOOT_AT
}

function identityEnd(bytes: Uint8Array): number {
  return addressesEnd(bytes, NICKNAME_AT + 3 + (bytes[NICKNAME_AT] ?? 0)) ?? bytes.length
}

function keyOffset(encoded: Uint8Array): number | undefined {
  const nicknameEnd = NICKNAME_AT + 1 + (encoded[NICKNAME_AT] ?? 0)
  const count = encoded[nicknameEnd + 2]
  if (count === undefined || count > ADDRESSES_MAX || !isText(encoded.subarray(NICKNAME_AT + 1, nicknameEnd))) {
    return undefined
  }
  return addressesEnd(encoded, nicknameEnd + 2)
}

/** `at`: where the count of addresses is. Undefined when one is of no family that there is. */
function addressesEnd(bytes: Uint8Array, at: number): number | undefined {
  let end = at + 1
  for (let left = bytes[at] ?? 0; left > 0; left--) {
    const length = addressBytes(bytes[end])
    if (length === undefined) return undefined
    end += length
  }
  return end
}

function linksEnd(bytes: Uint8Array, start: number, count: number): number | undefined {
  let end = start
  for (let left = count; left > 0; left--) {
    const length = addressBytes(bytes[end + LINK_HEAD_BYTES])
    if (length === undefined) return undefined
    end += LINK_HEAD_BYTES + length + LINK_TAIL_BYTES
  }
  return end
}

/** Most names are printable ASCII, where the decoder is not needed. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.every(byte => byte >= 0x20 && byte < 0x7f)) return true
  try {
    return !hasControlCharacters(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return false
  }
}
