import { isDomainName } from '../../base/domain-name.ts'
import { parseIpAddress } from '../../base/ip-address.ts'
import { ok, type Result, refused } from '../../base/result.ts'

/** What a name stands for. Addresses are text: IPv4 or IPv6. */
export type EntryData =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'cname'; readonly target: string }
  | { readonly kind: 'txt'; readonly text: string }
  | {
      readonly kind: 'srv'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }

/** A name that a container, or the host itself, has. `name` is fully qualified, without the dot at its end, in the case it was given. */
export interface Entry {
  readonly id: string
  readonly name: string
  readonly data: EntryData
  /** Its container fails the health check that it came with: others of the name are answered before it. */
  readonly isUnhealthy?: true
}

export const BODY_BYTES_MAX = 60 * 1024
const FORMAT = 1
const ID_LENGTH_MAX = 128
const TEXT_BYTES_MAX = 255

export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: FORMAT, entries }))
}

/** Whatever else a member may have written is refused: its entries reach resolvers. */
export function decodeEntries(bytes: Uint8Array): Result<readonly Entry[]> {
  if (bytes.length === 0) return ok([])
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    const isGood =
      value?.format === FORMAT &&
      Array.isArray(value.entries) &&
      value.entries.every((entry: unknown) => entryProblem(entry) === undefined)
    return isGood ? ok(value.entries as readonly Entry[]) : refused('names: not of the known form')
  } catch {
    return refused('names: not of the known form')
  }
}

/**
 * Why no router would take the entry; undefined of a good one. Ask before an entry is added: one that others cannot read hides all names of
 * this host from them.
 */
export function entryProblem(value: unknown): string | undefined {
  const entry = value as Partial<Entry> | null
  if (typeof entry?.id !== 'string' || entry.id.length > ID_LENGTH_MAX || /[\s\p{Cc}]/u.test(entry.id))
    return `an id has ${ID_LENGTH_MAX} characters at most, and no blanks`
  if (!isDomainName(entry.name)) return notAName(entry.name)
  if (entry.isUnhealthy !== undefined && entry.isUnhealthy !== true) return 'a mark that is none'
  return dataProblem(entry.data)
}

function dataProblem(value: unknown): string | undefined {
  const data = value as (Partial<Record<string, unknown>> & { readonly kind?: string }) | null
  switch (data?.kind) {
    case 'address':
      return isAddress(data.address) ? undefined : `'${data.address}' is not an address`
    case 'cname':
      return isDomainName(data.target) ? undefined : notAName(data.target)
    case 'txt':
      return isText(data.text) ? undefined : `a text has ${TEXT_BYTES_MAX} bytes at most`
    case 'srv':
      if (!isDomainName(data.target)) return notAName(data.target)
      return [data.priority, data.weight, data.port].every(isU16) ? undefined : 'a number is not from 0 to 65535'
    default:
      return 'a kind of record that is unknown'
  }
}

function notAName(name: unknown): string {
  return `'${name}' is not a name that DNS can carry`
}

/** As it was checked where it was given: what another reader might take for an address is none. */
function isAddress(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f.:]{2,45}$/.test(value) && parseIpAddress(value).ok
}

/** A character may take several bytes, and DNS counts those (RFC 1035, section 3.3.14). */
function isText(value: unknown): boolean {
  return typeof value === 'string' && new TextEncoder().encode(value).length <= TEXT_BYTES_MAX
}

function isU16(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535
}
