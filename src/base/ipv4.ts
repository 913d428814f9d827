import { ok, type Result, refused } from './result.ts'

/** An IPv4 address as an unsigned 32-bit number, most significant octet first. */
export type Ipv4 = number & { readonly brand: 'Ipv4' }

/** Dotted quad only: no octal, no shortened form, no leading zero (RFC 6943, section 3.1.1). */
export function parseIpv4(text: string): Result<Ipv4> {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return refused(`'${text}' is not an IPv4 address`)
  let value = 0
  for (const octet of match.slice(1)) {
    if (Number(octet) > 255 || (octet.length > 1 && octet.startsWith('0'))) {
      return refused(`'${text}' is not an IPv4 address`)
    }
    value = value * 256 + Number(octet)
  }
  return ok(value as Ipv4)
}

export function formatIpv4(address: Ipv4): string {
  return [24, 16, 8, 0].map(shift => (address >>> shift) & 0xff).join('.')
}

export function ipv4FromNumber(value: number): Ipv4 {
  return (value >>> 0) as Ipv4
}
