import { ByteWriter } from '../../base/bytes.ts'

export interface KeyEnd {
  readonly shortId: number
  readonly keyId: number
  readonly publicKey: Uint8Array
}

/** HKDF's `info`: binds the key to its use, both routers, both keys and the direction. */
export function keyInfo(use: string, source: KeyEnd, destination: KeyEnd): Uint8Array {
  const writer = new ByteWriter().bytes(new TextEncoder().encode(use))
  for (const end of [source, destination]) writer.u16(end.shortId).u16(end.keyId).bytes(end.publicKey)
  return writer.finish()
}
