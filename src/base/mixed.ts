/** A number of 32 bits of which every bit depends on every bit of `hash` (the last step of MurmurHash3). */
export function mixed(hash: number): number {
  let x = hash
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
