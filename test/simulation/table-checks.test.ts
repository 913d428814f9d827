import { NO_SIZES } from '../unit/agent/table-sizes.ts'
import { violationOf } from './broken-parts.ts'
import { Gateway } from './gateway.ts'
import {
  type InvariantName,
  Invariants,
  KEYS_PER_PEER_MAX,
  TARGETS_PER_HOST_MAX,
  WAITING_PIECES_MAX,
} from './invariants.ts'
import type { SimulatedHost } from './simulated-host.ts'
import { TableChecks } from './table-checks.ts'

const BOUNDED: InvariantName = 'queues and tables are bounded'
const HOSTS = 3
const FAR_TOO_MANY = 10_000

describe('the checks of tables', () => {
  it('hold for a router that keeps nothing', () => {
    expect(violationOf(() => checksOf({}).touched(hostOf({})))).toBeUndefined()
    expect(violationOf(() => checksOf({}).timePassed())).toBeUndefined()
  })

  it.each([
    ['Ethernet addresses', { macs: FAR_TOO_MANY }],
    ['payloads in parts', { parts: FAR_TOO_MANY }],
    ['peers', { reach: FAR_TOO_MANY }],
  ])('notice a router with too many %s', (_, sizes) => {
    expect(violationOf(() => checksOf({}).touched(hostOf(sizes)))).toBe(BOUNDED)
  })

  it('notice a data plane that is given keys and never drops one', () => {
    const invariants = new Invariants()
    let ids = 0
    const cipher = { verdicts: new Uint8Array(), load: () => ++ids, unload() {}, seal() {}, open: () => 0 }
    const watched = invariants.watchCipher('a', cipher)
    for (let i = 0; i < KEYS_PER_PEER_MAX * HOSTS; i++) watched.load(new Uint8Array(32))
    const look = () => violationOf(() => checksOf({ invariants }).touched(hostOf({})))
    expect(look()).toBeUndefined()
    watched.load(new Uint8Array(32))
    expect(look()).toBe(BOUNDED)
    watched.unload(ids)
    expect(look()).toBeUndefined()
  })

  it.each([
    ['peers', { peers: Array(HOSTS + 1).fill({}), connections: [] }],
    ['targets and links', { peers: [], connections: Array(TARGETS_PER_HOST_MAX * HOSTS + 17).fill({}) }],
  ])('notice too many %s in a status', (_, status) => {
    const host = hostOf({ status })
    expect(violationOf(() => checksOf({ hosts: new Map([['a', host]]) }).timePassed())).toBe(BOUNDED)
  })

  it('notice a control link that holds back ever more', () => {
    const links = { waitingMax: WAITING_PIECES_MAX + 1 }
    expect(violationOf(() => checksOf({ links }).timePassed())).toBe(BOUNDED)
  })

  it('notice routers that speak to ever more addresses through their gateway', () => {
    const gateway = new Gateway({ kind: 'symmetric', publicIp: '203.0.113.1', mappingTimeoutMs: 60_000 })
    const underlay = { gateways: [gateway], behind: () => ['a'] }
    const inside = { ip: '10.0.0.1', port: 6783 }
    const speak = (port: number) => gateway.outward(inside, { ip: '192.0.2.1', port }, 0)
    for (let port = 1; port <= TARGETS_PER_HOST_MAX * HOSTS; port++) speak(port)
    expect(violationOf(() => checksOf({ underlay }).timePassed())).toBeUndefined()
    speak(1_000)
    expect(violationOf(() => checksOf({ underlay }).timePassed())).toBe(BOUNDED)
  })
})

interface Sizes {
  readonly macs?: number
  readonly parts?: number
  readonly reach?: number
  readonly status?: { readonly peers: readonly unknown[]; readonly connections: readonly unknown[] }
}

function hostOf({ macs = 0, parts = 0, reach = 1, status = { peers: [], connections: [] } }: Sizes): SimulatedHost {
  const router = { sizes: NO_SIZES, reach: { reachable: 1, all: reach }, status: () => status }
  const forwarder = { macs: { size: macs }, parts: { size: parts } }
  return { name: 'a', isUp: true, router, forwarder, clockAt: (now: number) => now } as unknown as SimulatedHost
}

/** Of a world of which nothing is there but what is looked at. */
function checksOf(parts: Record<string, unknown>): TableChecks {
  const nothing = {
    now: 0,
    cluster: { isOpen: false },
    links: { waitingMax: 0 },
    underlay: { gateways: [] },
    hosts: new Map(),
    invariants: new Invariants(),
  }
  const world = { ...nothing, ...parts } as unknown as ConstructorParameters<typeof TableChecks>[0]
  return new TableChecks(world, () => ({ named: HOSTS, former: 0 }))
}
