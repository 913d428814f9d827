import fc from 'fast-check'
import { ANSWERS_PER_SECOND_MAX } from '../../../../src/core/forwarding/frame-sender.ts'
import { frameOf, naiveSum, pseudoSum } from './frame-factory.ts'
import { pair, sample } from './path-stations.ts'

const OVERHEAD = 40

describe('a SYN', () => {
  it.each([
    [1_252, 1_252 - OVERHEAD - 54],
    [1_472, 1_336],
  ])('asks for no larger segments than a path of %d bytes takes, on its way out and on its way in', (size, segment) => {
    const { a, b } = pair(size)
    const [sent] = a.capture(synOf(1_336))
    expect(sizeOf(b.receive(sent!)[0]!.bytes)).toBe(segment)
    const far = pair(undefined)
    far.b.forwarder.resizePath(1, size)
    expect(sizeOf(far.b.receive(far.a.capture(synOf(1_336))[0]!)[0]!.bytes)).toBe(segment)
  })

  it('has a right checksum afterwards', () => {
    const { a, b } = pair(1_252)
    const [frame] = b.receive(a.capture(synOf(1_336))[0]!)
    expect(naiveSum(frame!.bytes.subarray(34), pseudoSum(frame!.bytes, 14, 34)) % 0xffff).toBe(0)
  })

  it('survives any options', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), options => {
        const frame = synOf(1_336).subarray(0, 54 + options.length)
        frame.set(options, 54)
        frame[46] = 0xf0
        expect(pair(600).a.capture(frame).length).toBe(1)
      }),
    )
  })
})

describe('a container whose packet is too large', () => {
  it('is told by ICMP what the path takes, as if by the host that it was for', () => {
    const { a } = pair(1_252)
    a.capture(packetOf({ isIpv6: false, bytes: 1_300 }))
    const [told] = a.injected()
    expect(Buffer.from(told!.bytes.subarray(0, 14)).toString('hex')).toBe('020000000001020000000002' + '0800')
    const ip = Buffer.from(told!.bytes.subarray(14))
    expect([...ip.subarray(12, 20)]).toEqual([10, 2, 2, 1, 10, 2, 1, 1])
    expect({ type: ip[20], code: ip[21], mtu: ip.readUInt16BE(26) }).toEqual({ type: 3, code: 4, mtu: 1_252 - 54 })
    expect([naiveSum(ip.subarray(0, 20)), naiveSum(ip.subarray(20))]).toEqual([0xffff, 0xffff])
    expect(ip.readUInt16BE(2)).toBe(ip.length)
    expect(ip.length).toBe(576)
    expect(a.forwarder.counters).toMatchObject({ toldTooBig: 1, sentInParts: 1 })
  })

  it('is told by ICMPv6, but never to send less than 1,280 bytes', () => {
    const { a } = pair(1_252)
    a.capture(packetOf({ isIpv6: true, bytes: 1_280 }))
    expect(a.injected()).toEqual([])
    a.capture(packetOf({ isIpv6: true, bytes: 1_300 }))
    const ip = Buffer.from(a.injected()[0]!.bytes.subarray(14))
    expect({ type: ip[40], mtu: ip.readUInt32BE(44), next: ip[6] }).toEqual({ type: 2, mtu: 1_280, next: 58 })
    const pseudo = Uint8Array.of(0, 58, (ip.length - 40) >> 8, (ip.length - 40) & 0xff)
    expect(naiveSum(ip.subarray(40), naiveSum(pseudo, naiveSum(ip.subarray(8, 40))))).toBe(0xffff)
    expect(ip.readUInt16BE(4)).toBe(ip.length - 40)
    expect(ip.length).toBe(1_280)
  })

  it.each([
    ['that may be cut on its way', { fragment: 0 }],
    ['that is a later fragment', { fragment: 0x4010 }],
    ['that is an error itself', { protocol: 1, payload: 3 }],
    ['for all', { destination: 0xff }],
  ])('is not told of a packet %s', (_, change) => {
    const { a } = pair(1_252)
    a.capture(packetOf({ isIpv6: false, bytes: 1_300, ...change }))
    expect(a.injected()).toEqual([])
    expect(a.forwarder.counters.sentInParts).toBe(1)
  })

  it('is told so often, and no more', () => {
    const { a } = pair(1_252)
    for (let i = 0; i < ANSWERS_PER_SECOND_MAX + 5; i++) a.capture(packetOf({ isIpv6: false, bytes: 1_300 }))
    expect(a.injected()).toHaveLength(ANSWERS_PER_SECOND_MAX)
    expect(a.forwarder.counters).toMatchObject({ toldTooBig: ANSWERS_PER_SECOND_MAX, untoldTooBig: 5 })
  })
})

/** Of TCP over IPv4, with a complete checksum. */
function synOf(segmentBytes: number): Uint8Array {
  const one = { ...sample(), isUdp: false, isIpv6: false, flags: 0x02, optionWords: 10, payload: new Uint8Array(0) }
  const frame = Buffer.from(frameOf(one))
  frame.fill(1, 54)
  frame.set([2, 4, segmentBytes >> 8, segmentBytes & 0xff], 55)
  frame.writeUInt16BE(0, 50)
  frame.writeUInt16BE(~naiveSum(frame.subarray(34), pseudoSum(frame, 14, 34)) & 0xffff, 50)
  return frame
}

function sizeOf(frame: Uint8Array): number {
  return Buffer.from(frame).readUInt16BE(57)
}

interface Packet {
  readonly isIpv6: boolean
  readonly bytes: number
  readonly fragment?: number
  readonly protocol?: number
  readonly payload?: number
  readonly destination?: number
}

/** A frame with a packet of UDP, or of what is said. */
function packetOf({
  isIpv6,
  bytes,
  fragment = 0x4000,
  protocol = 17,
  payload = 0,
  destination = 2,
}: Packet): Uint8Array {
  const one = { ...sample(), isIpv6, isUdp: true, payload: new Uint8Array(bytes - (isIpv6 ? 48 : 28)), segmentBytes: 1 }
  const frame = Buffer.from(frameOf(one))
  frame[0] = destination
  if (isIpv6) return frame
  frame.writeUInt16BE(fragment, 20)
  frame[23] = protocol
  frame[34] = payload
  return frame
}
