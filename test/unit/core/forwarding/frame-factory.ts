import fc from 'fast-check'

/** A stream of TCP, or a burst of UDP, as one frame that is to be cut. */
export interface Burst {
  readonly isIpv6: boolean
  readonly isUdp: boolean
  readonly port: number
  readonly tags: number
  readonly sequence: number
  readonly identification: number
  readonly optionWords: number
  readonly flags: number
  readonly payload: Uint8Array
  readonly segmentBytes: number
}

export const burst: fc.Arbitrary<Burst> = fc.record({
  isIpv6: fc.boolean(),
  isUdp: fc.boolean(),
  port: fc.integer({ min: 1, max: 3 }),
  tags: fc.nat(2),
  sequence: fc.oneof(fc.constantFrom(0, 0xffff_ff00), fc.nat(0xffff_ffff)),
  identification: fc.oneof(fc.constantFrom(0, 0xffff), fc.nat(0xffff)),
  optionWords: fc.nat(10),
  flags: fc.constantFrom(0x10, 0x18, 0x11, 0x19, 0x50),
  payload: fc.uint8Array({ minLength: 1, maxLength: 3000 }),
  segmentBytes: fc.integer({ min: 50, max: 1500 }),
})

/** Where things are in the frame of a burst. */
export function layoutOf({ isIpv6, isUdp, tags, optionWords }: Burst) {
  const network = 14 + 4 * tags
  const transport = network + (isIpv6 ? 40 : 20)
  return { network, transport, headerBytes: transport + (isUdp ? 8 : 20 + 4 * optionWords) }
}

/** As the bridge gives it: the checksum field holds the sum of the pseudo-header. */
export function frameOf(burst: Burst): Uint8Array {
  const { network, transport, headerBytes } = layoutOf(burst)
  const frame = Buffer.alloc(headerBytes + burst.payload.length)
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1])
  for (let tag = 0; tag < burst.tags; tag++) frame.writeUInt32BE(0x8100_0005, 12 + 4 * tag)
  frame.writeUInt16BE(burst.isIpv6 ? 0x86dd : 0x0800, network - 2)
  const length = frame.length - transport
  if (burst.isIpv6) writeIpv6(frame.subarray(network), burst, length)
  else writeIpv4(frame.subarray(network, transport), burst, length)
  if (burst.isUdp) writeUdp(frame.subarray(transport), burst, length)
  else writeTcp(frame.subarray(transport), burst)
  frame.set(burst.payload, headerBytes)
  frame.writeUInt16BE(pseudoSum(frame, network, transport), transport + (burst.isUdp ? 6 : 16))
  return frame
}

function writeIpv4(ip: Buffer, burst: Burst, length: number): void {
  ip.set([0x45, 0])
  ip.writeUInt16BE(20 + length, 2)
  ip.writeUInt16BE(burst.identification, 4)
  ip.set([0x40, 0, 64, burst.isUdp ? 17 : 6, 0, 0, 10, 2, 1, 1, 10, 2, 2, 1], 6)
  ip.writeUInt16BE(~naiveSum(ip) & 0xffff, 10)
}

function writeIpv6(ip: Buffer, burst: Burst, length: number): void {
  ip.writeUInt32BE(0x6000_1234, 0)
  ip.writeUInt16BE(length, 4)
  ip.set([burst.isUdp ? 17 : 6, 64, 0xfd, 2], 6)
  ip[23] = 1
  ip.set([0xfd, 2], 24)
  ip[39] = 2
}

function writeTcp(tcp: Buffer, burst: Burst): void {
  tcp.writeUInt16BE(burst.port, 0)
  tcp.writeUInt16BE(5201, 2)
  tcp.writeUInt32BE(burst.sequence, 4)
  tcp.writeUInt32BE(77, 8)
  tcp.set([(5 + burst.optionWords) << 4, burst.flags, 1, 2], 12)
  tcp.fill(1, 20, 20 + 4 * burst.optionWords)
}

function writeUdp(udp: Buffer, burst: Burst, length: number): void {
  udp.writeUInt16BE(burst.port, 0)
  udp.writeUInt16BE(5201, 2)
  udp.writeUInt16BE(length, 4)
}

/** Word by word, without any of the tricks of the code that is tried. */
export function naiveSum(bytes: Uint8Array, start = 0): number {
  let sum = start
  for (let i = 0; i < bytes.length; i += 2) {
    sum += (bytes[i]! << 8) + (bytes[i + 1] ?? 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}

/** Of addresses, protocol and the length that the frame really has. */
export function pseudoSum(frame: Uint8Array, network: number, transport: number): number {
  const isIpv6 = frame[network]! >> 4 === 6
  const addresses = isIpv6 ? frame.subarray(network + 8, network + 40) : frame.subarray(network + 12, network + 20)
  const protocol = isIpv6 ? frame[network + 6]! : frame[network + 9]!
  return naiveSum(
    Uint8Array.of(0, protocol, (frame.length - transport) >> 8, frame.length - transport),
    naiveSum(addresses),
  )
}
