import { ok, type Result, refused } from './result.ts'

/** An Ethernet address as 12 lower-case hexadecimal digits in pairs: `66:b4:a1:85:da:65`. */
export type Mac = string & { readonly brand: 'Mac' }

export function parseMac(text: string): Result<Mac> {
  const lower = text.toLowerCase()
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(lower)) return refused(`'${text}' is not an Ethernet address`)
  return ok(lower as Mac)
}

/** Reads six bytes. */
export function macFromBytes(bytes: Uint8Array, offset = 0): Mac {
  const pairs: string[] = []
  for (let i = 0; i < 6; i++) pairs.push((bytes[offset + i] ?? 0).toString(16).padStart(2, '0'))
  return pairs.join(':') as Mac
}

/** Of its 48 bits. */
export function macFromNumber(bits: number): Mac {
  return (bits.toString(16).padStart(12, '0').match(/../g) ?? []).join(':') as Mac
}

export function macToBytes(mac: Mac): Uint8Array {
  return Uint8Array.from(mac.split(':'), pair => Number.parseInt(pair, 16))
}
