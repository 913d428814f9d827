import { SparseFlows } from '../../../../src/agent/datapath/sparse-flows.ts'

const AT = 7

describe('a flow', () => {
  it('is sparse while it has little', () => {
    const flows = new SparseFlows()
    for (let now = 0; now < 5000; now += 5) expect(note(flows, udp(1, 2), 98, now)).toBe(true)
  })

  it('is dense with one large frame, and as long as there are many', () => {
    const flows = new SparseFlows()
    expect(note(flows, udp(1, 2), 60_000, 0)).toBe(false)
    const stream = Array.from({ length: 1000 }, (_, ms) => note(flows, udp(3, 4), 1400, ms))
    expect(stream.indexOf(false)).toBe(2)
    expect(stream.lastIndexOf(true)).toBe(1)
  })

  it('that was dense is sparse once nothing of it can be waiting', () => {
    const flows = new SparseFlows()
    note(flows, udp(1, 2), 60_000, 0)
    expect(note(flows, udp(1, 2), 98, 50)).toBe(false)
    expect(note(flows, udp(1, 2), 98, 51)).toBe(true)
  })

  it.each([
    ['other ports', udp(1, 3)],
    ['another protocol', icmp()],
    ['another kind of frame', arp()],
    ['IPv6', udp6(1, 2)],
  ])('is dense by itself: %s', (_, other) => {
    const flows = new SparseFlows()
    note(flows, udp(1, 2), 60_000, 0)
    expect(note(flows, other, 98, 1)).toBe(true)
  })

  it('of IPv6 goes by its ports too', () => {
    const flows = new SparseFlows()
    note(flows, udp6(1, 2), 60_000, 0)
    expect(note(flows, udp6(1, 2), 98, 1)).toBe(false)
    expect(note(flows, udp6(1, 3), 98, 1)).toBe(true)
  })

  it('has all fragments in it, whatever stands where ports would', () => {
    const flows = new SparseFlows()
    const fragment = (ports: number) => {
      const frame = udp(ports, ports)
      frame.writeUInt16BE(0x2000, 14 + 6)
      return frame
    }
    note(flows, fragment(1), 60_000, 0)
    expect(note(flows, fragment(2), 98, 1)).toBe(false)
  })

  it('may be of any bytes', () => {
    const flows = new SparseFlows()
    for (let byte = 0; byte < 256; byte++) expect(note(flows, Buffer.alloc(80, byte), 14, 0)).toBe(true)
  })
})

function note(flows: SparseFlows, frame: Buffer, length: number, now: number): boolean {
  return flows.note(Buffer.concat([Buffer.alloc(AT), frame, Buffer.alloc(80)]), AT, length, now)
}

function udp(from: number, to: number): Buffer {
  const frame = Buffer.from(
    `02000000000102000000000208004500${'00'.repeat(7)}11${'00'.repeat(2)}0a0201010a020201`,
    'hex',
  )
  return Buffer.concat([frame, portsOf(from, to)])
}

function icmp(): Buffer {
  const frame = udp(1, 2)
  frame.writeUInt8(1, 14 + 9)
  return frame
}

function arp(): Buffer {
  const frame = udp(1, 2)
  frame.writeUInt16BE(0x0806, 12)
  return frame
}

function udp6(from: number, to: number): Buffer {
  const [one, other] = ['fd020000000000000000000000000001', 'fd020000000000000000000000000002']
  const frame = Buffer.from(`02000000000102000000000286dd60000000000011ff${one}${other}`, 'hex')
  return Buffer.concat([frame, portsOf(from, to)])
}

function portsOf(from: number, to: number): Buffer {
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(from)
  ports.writeUInt16BE(to, 2)
  return ports
}
