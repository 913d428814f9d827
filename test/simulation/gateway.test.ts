import { Gateway, type GatewayKind, MAPPINGS_MAX } from './gateway.ts'

const INSIDE = { ip: '10.0.0.5', port: 6783 }
const FRIEND = { ip: '198.51.100.1', port: 6783 }
const STRANGER = { ip: '198.51.100.2', port: 6783 }
const OTHER_PORT = { ...FRIEND, port: 1 }

describe('a gateway', () => {
  it.each<{ kind: GatewayKind; letsIn: readonly (typeof FRIEND)[] }>([
    { kind: 'full cone', letsIn: [FRIEND, OTHER_PORT, STRANGER] },
    { kind: 'restricted', letsIn: [FRIEND] },
    { kind: 'symmetric', letsIn: [FRIEND] },
    { kind: 'firewall', letsIn: [FRIEND] },
  ])('that is a $kind lets in what it should', ({ kind, letsIn }) => {
    const gateway = create(kind)
    const outside = gateway.outward(INSIDE, FRIEND, 0) ?? INSIDE
    const answers = [FRIEND, OTHER_PORT, STRANGER].filter(from => gateway.inward(from, outside, 1) !== undefined)
    expect(answers).toEqual(letsIn)
  })

  it.each<{ kind: GatewayKind; isSame: boolean }>([
    { kind: 'full cone', isSame: true },
    { kind: 'restricted', isSame: true },
    { kind: 'symmetric', isSame: false },
    { kind: 'firewall', isSame: true },
  ])('that is a $kind shows the same endpoint to all: $isSame', ({ kind, isSame }) => {
    const gateway = create(kind)
    const [one, other] = [gateway.outward(INSIDE, FRIEND, 0), gateway.outward(INSIDE, STRANGER, 0)]
    expect(one?.port === other?.port).toBe(isSame)
    expect(one?.ip).toBe(kind === 'firewall' ? INSIDE.ip : '203.0.113.1')
  })

  it('forgets a mapping after silence, and keeps it while there is traffic', () => {
    const gateway = create('restricted')
    const outside = gateway.outward(INSIDE, FRIEND, 0) ?? INSIDE
    expect(gateway.outward(INSIDE, FRIEND, 900)).toEqual(outside)
    expect(gateway.inward(FRIEND, outside, 1_800)).toEqual(INSIDE)
    expect(gateway.inward(FRIEND, outside, 1_901)).toBeUndefined()
    expect(gateway.outward(INSIDE, FRIEND, 1_901)).not.toEqual(outside)
  })

  it('has other mappings after a restart', () => {
    const gateway = create('full cone')
    const outside = gateway.outward(INSIDE, FRIEND, 0) ?? INSIDE
    gateway.restart()
    expect(gateway.inward(FRIEND, outside, 1)).toBeUndefined()
    expect(gateway.outward(INSIDE, FRIEND, 1)).not.toEqual(outside)
  })

  it('lets no datagram pass when it blocks UDP', () => {
    const gateway = new Gateway({ kind: 'firewall', publicIp: '', mappingTimeoutMs: 1_000, blocksUdp: true })
    expect(gateway.outward(INSIDE, FRIEND, 0)).toBeUndefined()
  })

  it('keeps no more mappings than it has room for', () => {
    const gateway = create('symmetric')
    for (let port = 1; port <= MAPPINGS_MAX + 10; port++) gateway.outward(INSIDE, { ...FRIEND, port }, 0)
    expect(gateway.size).toBe(MAPPINGS_MAX)
  })
})

function create(kind: GatewayKind): Gateway {
  return new Gateway({ kind, publicIp: '203.0.113.1', mappingTimeoutMs: 1_000 })
}
