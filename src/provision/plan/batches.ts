import { ok, type Result, refused } from '../../base/result.ts'

/** How many hosts at a time: a number, or a part of all. */
export type Serial =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'part'; readonly percent: number }

export function parseSerial(text: string): Result<Serial> {
  const match = /^(\d{1,4})(%?)$/.exec(text.trim())
  const number = Number(match?.[1])
  if (match === null || number < 1) return refused(`'${text}' is neither a number of hosts nor a part of them, as 20%`)
  if (match[2] === '') return ok({ kind: 'count', count: number })
  return number <= 100 ? ok({ kind: 'part', percent: number }) : refused(`${text} is more than all hosts`)
}

export function formatSerial(serial: Serial): string {
  return serial.kind === 'count' ? String(serial.count) : `${serial.percent}%`
}

export interface BatchOptions {
  readonly serial: Serial | undefined
  /** Goes first, alone. */
  readonly canary: string | undefined
}

/** The hosts in the order and the company in which they are changed. A part is rounded down, and is one host at least. */
export function batchesOf(hosts: readonly string[], options: BatchOptions): readonly (readonly string[])[] {
  const first = options.canary !== undefined && hosts.includes(options.canary) ? [options.canary] : []
  const rest = hosts.filter(host => host !== first[0])
  const size = sizeOf(options.serial, hosts.length)
  const batches = Array.from({ length: Math.ceil(rest.length / size) }, (_, i) => rest.slice(i * size, (i + 1) * size))
  return first.length > 0 ? [first, ...batches] : batches
}

function sizeOf(serial: Serial | undefined, hosts: number): number {
  if (serial === undefined) return Math.max(1, hosts)
  return serial.kind === 'count' ? serial.count : Math.max(1, Math.floor((hosts * serial.percent) / 100))
}
