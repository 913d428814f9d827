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

export function encodeEntries(entries: readonly Entry[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: FORMAT, entries }))
}

/** Whatever else a member may have written is refused: its entries reach resolvers. */
export function decodeEntries(bytes: Uint8Array): Result<readonly Entry[]> {
  if (bytes.length === 0) return ok([])
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    const isGood = value?.format === FORMAT && Array.isArray(value.entries) && value.entries.every(isEntry)
    return isGood ? ok(value.entries as readonly Entry[]) : refused('names: not of the known form')
  } catch {
    return refused('names: not of the known form')
  }
}

function isEntry(value: unknown): boolean {
  const entry = value as Partial<Entry> | null
  const isMarkGood = entry?.isUnhealthy === undefined || entry.isUnhealthy === true
  return (
    typeof entry?.id === 'string' &&
    entry.id.length <= 128 &&
    isDomainName(entry.name) &&
    isData(entry.data) &&
    isMarkGood
  )
}

function isData(value: unknown): boolean {
  const data = value as (Partial<Record<string, unknown>> & { readonly kind?: string }) | null
  switch (data?.kind) {
    case 'address':
      return isAddress(data.address)
    case 'cname':
      return isDomainName(data.target)
    case 'txt':
      return typeof data.text === 'string' && data.text.length <= 255
    case 'srv':
      return isDomainName(data.target) && [data.priority, data.weight, data.port].every(isU16)
    default:
      return false
  }
}

/** As it was checked where it was given: what another reader might take for an address is none. */
function isAddress(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f.:]{2,45}$/.test(value) && parseIpAddress(value).ok
}

function isU16(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535
}
