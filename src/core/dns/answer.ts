import { formatIpAddress, parseIpAddress } from '../../base/ip-address.ts'
import type { FoundEntry } from './name-index.ts'
import type { Names } from './names.ts'

export interface Question {
  /** Without the dot at its end. */
  readonly name: string
  /** `A`, `AAAA`, `PTR`, `SRV`, `TXT`, `CNAME`, `ANY` … */
  readonly type: string
}

export type AnswerRecord =
  | { readonly type: 'A' | 'AAAA' | 'PTR' | 'CNAME'; readonly name: string; readonly data: string }
  | { readonly type: 'TXT'; readonly name: string; readonly data: string }
  | {
      readonly type: 'SRV'
      readonly name: string
      readonly data: {
        readonly priority: number
        readonly weight: number
        readonly port: number
        readonly target: string
      }
    }

export type ZoneAnswer =
  /** The name is another zone's. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'unknown' }
  /** Without records the name is there, but has none of this type. */
  | { readonly kind: 'found'; readonly records: readonly AnswerRecord[]; readonly isStale: boolean }

export interface AnswerOptions {
  /** Without the dot at their end; the first is the search domain. */
  readonly domains: readonly string[]
  /** Own containers in front of others'. */
  readonly nearestFirst: boolean
  /** From 0 up to, but not including, 1. */
  readonly random: () => number
}

type NamesView = Pick<Names, 'isParent' | 'find' | 'findAddress'>

const ALIASES_MAX = 8

/** What the zone says; names of one label are looked for in the first domain too (Weave row DNS-02). */
export function answerFor(names: NamesView, question: Question, options: AnswerOptions): ZoneAnswer {
  if (question.type === 'PTR') {
    const reverse = answerReverse(names, question.name)
    if (reverse !== undefined) return reverse
  }
  const lower = question.name.toLowerCase()
  const isInside = options.domains.some(domain => lower === domain || lower.endsWith(`.${domain}`))
  const isBare = !lower.includes('.') && lower !== ''
  if (!isInside && !isBare) return { kind: 'elsewhere' }
  const entries = names.find(isBare ? `${lower}.${options.domains[0]}` : lower)
  if (entries.length === 0) {
    const isPart = options.domains.includes(lower) || names.isParent(lower)
    return isPart ? { kind: 'found', records: [], isStale: false } : { kind: isInside ? 'unknown' : 'elsewhere' }
  }
  const records = collect(names, question, entries, options)
  return { kind: 'found', records, isStale: entries.every(entry => entry.isStale) }
}

function collect(
  names: NamesView,
  question: Question,
  first: readonly FoundEntry[],
  options: AnswerOptions,
): readonly AnswerRecord[] {
  const records: AnswerRecord[] = []
  let [owner, entries] = [question.name, first]
  for (let hops = 0; hops < ALIASES_MAX; hops++) {
    const fitting = order(entries, options).flatMap(entry => recordOf(entry, owner, question.type))
    records.push(...fitting)
    const target = aliasOf(entries)
    if (fitting.length > 0 || target === undefined) break
    records.push({ type: 'CNAME', name: owner, data: target })
    owner = target
    entries = names.find(target)
  }
  return records
}

/** No peer makes an alias of a name that another has addresses for. */
function aliasOf(entries: readonly FoundEntry[]): string | undefined {
  for (const { data, peer } of entries) {
    if (data.kind !== 'cname') continue
    if (entries.every(other => other.peer === peer || other.data.kind === 'cname')) return data.target
  }
  return undefined
}

function recordOf({ data }: FoundEntry, name: string, type: string): readonly AnswerRecord[] {
  const isWanted = (own: string) => type === own || type === 'ANY'
  switch (data.kind) {
    case 'address': {
      const family = data.address.includes(':') ? 'AAAA' : 'A'
      return isWanted(family) ? [{ type: family, name, data: data.address }] : []
    }
    case 'cname':
      return isWanted('CNAME') ? [{ type: 'CNAME', name, data: data.target }] : []
    case 'txt':
      return isWanted('TXT') ? [{ type: 'TXT', name, data: data.text }] : []
    case 'srv': {
      const { priority, weight, port, target } = data
      return isWanted('SRV') ? [{ type: 'SRV', name, data: { priority, weight, port, target } }] : []
    }
  }
}

/** Shuffled, so that clients spread (Weave row DNS-04). */
function order(entries: readonly FoundEntry[], { nearestFirst, random }: AnswerOptions): readonly FoundEntry[] {
  const shuffled = [...entries]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [a, b] = [shuffled[i], shuffled[j]]
    if (a !== undefined && b !== undefined) [shuffled[i], shuffled[j]] = [b, a]
  }
  return nearestFirst ? [...shuffled.filter(entry => entry.isOwn), ...shuffled.filter(entry => !entry.isOwn)] : shuffled
}

function answerReverse(names: NamesView, name: string): ZoneAnswer | undefined {
  const address = reversedAddress(name.toLowerCase())
  const entries = address === undefined ? [] : names.findAddress(address)
  const [first] = entries
  if (first === undefined) return undefined
  return { kind: 'found', records: [{ type: 'PTR', name, data: first.name }], isStale: first.isStale }
}

/** `4.3.2.1.in-addr.arpa` (RFC 1035, section 3.5), `….ip6.arpa` (RFC 3596, section 2.5). */
export function reversedAddress(name: string): string | undefined {
  const four = /^(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})\.in-addr\.arpa$/.exec(name)?.[1]
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name)?.[1]
  if (four !== undefined) return four.split('.').reverse().join('.')
  if (six === undefined) return undefined
  const digits = six.replaceAll('.', '').split('').reverse().join('')
  const parsed = parseIpAddress((digits.match(/.{4}/g) ?? []).join(':'))
  return parsed.ok ? formatIpAddress(parsed.value) : undefined
}
