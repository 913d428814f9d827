export const INSTANCE_BITS = 20n
const INSTANCE_MASK = (1n << INSTANCE_BITS) - 1n
const BOOT_ID_MAX = (1n << 64n) - 1n

/**
 * The boot id of a process: when it started, by the wall clock in milliseconds, above 20 bits that are drawn for it. It grows when
 * the process outdoes another's, and the drawn bits stay: they tell the processes of one router apart.
 */
export function bootIdOf(startedAt: bigint, random: (length: number) => Uint8Array): bigint {
  const [a = 0, b = 0, c = 0] = random(3)
  return (startedAt << INSTANCE_BITS) | (BigInt((a << 16) | (b << 8) | c) & INSTANCE_MASK)
}

/** The next one above `bootId` of the process with `own`; undefined when there is none. */
export function bootIdAbove(bootId: bigint, own: bigint): bigint | undefined {
  const next = (((bootId >> INSTANCE_BITS) + 1n) << INSTANCE_BITS) | instanceOf(own)
  return next > BOOT_ID_MAX ? undefined : next
}

/** What stays the same for the life of a process. */
export function instanceOf(bootId: bigint): bigint {
  return bootId & INSTANCE_MASK
}

/** When the process started, by its own clock, in milliseconds. */
export function startOf(bootId: bigint): bigint {
  return bootId >> INSTANCE_BITS
}
