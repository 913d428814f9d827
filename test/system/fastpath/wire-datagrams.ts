import fc from 'fast-check'
import { mostly } from './judged-worlds.ts'
import { NEIGHBOURS_IPV4, NEIGHBOURS_IPV6, OWN_IPV4, OWN_IPV6, STRANGER_IPV4, STRANGER_IPV6 } from './judging-lab.ts'

/** Of a datagram of VXLAN: `from` in hexadecimal, of either family. */
export interface WireEnds {
  readonly from: string
  readonly vni: number
  readonly hops: number
}

interface Header extends Pick<WireEnds, 'from' | 'hops'> {
  readonly to: string
  /** Of what follows. */
  readonly length: number
}

/** The kernel tests no frame of IPv6 that is shorter. */
const BYTES_MIN = 54
const FAMILIES = {
  ipv4: { type: '0800', header: headerOfIpv4, own: OWN_IPV4, others: [STRANGER_IPV4, NEIGHBOURS_IPV4[0]] },
  ipv6: { type: '86dd', header: headerOfIpv6, own: OWN_IPV6, others: [STRANGER_IPV6, NEIGHBOURS_IPV6[0]] },
} as const

/** Datagrams of VXLAN for this host; some are for others, of some a byte has changed, or the end is missing. */
export function wireDatagrams(parts: {
  readonly ownMac: string
  readonly ends: fc.Arbitrary<WireEnds>
  readonly inner: fc.Arbitrary<string>
}): fc.Arbitrary<string> {
  const damage = fc.record({ at: fc.nat(78), bits: fc.integer({ min: 1, max: 255 }) })
  return fc
    .record({
      mac: mostly(fc.constant(parts.ownMac), fc.constantFrom('ffffffffffff', '02000000aaaa')),
      ends: parts.ends,
      other: mostly(fc.constant(undefined), fc.nat(1)),
      inner: parts.inner,
      damage: mostly(fc.constant(undefined), damage, 4),
      cut: mostly(fc.constant(0), fc.nat(60), 9),
    })
    .map(({ mac, ends: { from, vni, hops }, other, inner, damage, cut }) => {
      const family = FAMILIES[from.length === 8 ? 'ipv4' : 'ipv6']
      const to = other === undefined ? family.own : (family.others[other] ?? '')
      const body = Buffer.from(`ffff1a80000000000800000000000000${inner}`, 'hex')
      body.writeUInt16BE(body.length, 4)
      body.writeUInt32BE(vni * 256, 12)
      const header = family.header({ from, to, hops, length: body.length })
      const frame = Buffer.concat([Buffer.from(`${mac}02000000bbbb${family.type}`, 'hex'), header, body])
      if (damage !== undefined) frame[damage.at] = (frame[damage.at] ?? 0) ^ damage.bits
      return frame.toString('hex', 0, Math.max(BYTES_MIN, frame.length - cut))
    })
}

function headerOfIpv4({ from, to, hops, length }: Header): Buffer {
  const bytes = Buffer.from(`450000000000400000110000${from}${to}`, 'hex')
  bytes.writeUInt16BE(20 + length, 2)
  bytes[8] = hops
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  bytes.writeUInt16BE(0xffff - sum, 10)
  return bytes
}

function headerOfIpv6({ from, to, hops, length }: Header): Buffer {
  const bytes = Buffer.from(`6000000000001100${from}${to}`, 'hex')
  bytes.writeUInt16BE(length, 4)
  bytes[7] = hops
  return bytes
}
