import { strict as assert } from 'node:assert'
import type { Result } from '../../src/base/result.ts'
import type { FuzzTarget } from './targets.ts'

/** What is decoded is encoded and decoded again: it must be the same value. */
export function codec<T>(
  name: string,
  values: readonly T[],
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => Result<T>,
): FuzzTarget {
  const run = (input: Uint8Array) => {
    const decoded = decode(input)
    if (!decoded.ok) return
    const again = decode(encode(decoded.value))
    assert.deepEqual(again, decoded)
  }
  return { name, seeds: () => values.map(encode), create: () => run }
}
