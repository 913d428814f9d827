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

/** Labels of 1 to 63 characters, 253 in all (RFC 1035, section 2.3.4), of what host and service names are made of. */
export function isName(name: unknown): name is string {
  if (typeof name !== 'string' || name.length > 253) return false
  return name.split('.').every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
}

function isEntry(value: unknown): boolean {
  const entry = value as Partial<Entry> | null
  return typeof entry?.id === 'string' && entry.id.length <= 128 && isName(entry.name) && isData(entry.data)
}

function isData(value: unknown): boolean {
  const data = value as (Partial<Record<string, unknown>> & { readonly kind?: string }) | null
  switch (data?.kind) {
    case 'address':
      return typeof data.address === 'string' && /^[0-9a-f.:]{2,45}$/.test(data.address)
    case 'cname':
      return isName(data.target)
    case 'txt':
      return typeof data.text === 'string' && data.text.length <= 255
    case 'srv':
      return isName(data.target) && [data.priority, data.weight, data.port].every(isU16)
    default:
      return false
  }
}

function isU16(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535
}
