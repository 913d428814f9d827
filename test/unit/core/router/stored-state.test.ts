import { parseIpNetwork } from '../../../../src/base/ip-address.ts'
import { createRouter, type Output, type RouterMachine } from '../../../../src/core/router/index.ts'
import { SimulatedCluster } from '../../../simulation/cluster.ts'
import { SeededRandom } from '../../../simulation/random.ts'

const ENTRY = { id: 'web', name: 'web.weave.local', data: { kind: 'address', address: '10.32.0.7' } } as const
const ALLOCATE = { kind: 'allocate', ticket: 1, id: 'web', subnet: network('10.32.0.0/16'), timeoutMs: 60_000 } as const

interface Stored {
  readonly addresses?: string | undefined
  readonly names?: string | undefined
}

describe('a router that is started with what an earlier one stored', () => {
  const { router: first, outputs } = start({})
  first.handle({ kind: 'names', change: { kind: 'add', entry: ENTRY } }, 0)
  first.handle({ kind: 'addresses', input: ALLOCATE }, 0)
  outputs.push(...first.drain(), ...runUntil(first, 20_000))
  const stored: Stored = { addresses: lastText(outputs, 'store-addresses'), names: lastText(outputs, 'store-names') }

  it('knows its names and its leases from the beginning', () => {
    const { router } = start(stored)
    expect(router.shared?.names?.own).toEqual([ENTRY])
    expect(router.shared?.ipam?.leases).toEqual(first.shared?.ipam?.leases)
    expect(router.shared?.ipam?.leases).toHaveLength(1)
  })

  it('gives the container the address that it had', () => {
    const { router } = start(stored)
    router.handle({ kind: 'addresses', input: ALLOCATE }, 0)
    const answers = [...router.drain(), ...runUntil(router, 20_000)].filter(output => output.kind === 'ipam-answer')
    const before = outputs.filter(output => output.kind === 'ipam-answer')
    expect(before).toMatchObject([{ answer: { kind: 'address', lease: { id: 'web' } } }])
    expect(answers).toEqual(before)
  })

  it.each<[string, Stored]>([
    ['addresses alone', { addresses: stored.addresses }],
    ['names alone', { names: stored.names }],
    ['both', stored],
  ])('starts with %s', (_, state) => {
    const { router } = start(state)
    expect(runUntil(router, 20_000).map(({ kind }) => kind)).not.toContain('ipam-answer')
  })
})

function start(stored: Stored): { readonly router: RouterMachine; readonly outputs: Output[] } {
  const random = new SeededRandom(1)
  const cluster = new SimulatedCluster(random)
  cluster.addMember('a')
  const [member] = cluster.members
  if (member === undefined) throw new Error('the cluster has no member')
  const router = createRouter({
    shortId: 1,
    nickname: 'a',
    identitySeed: member.seed,
    trust: { kind: 'certified', clusterKey: cluster.clusterKey, manifest: cluster.manifest() },
    bootId: 1n,
    port: 6783,
    addresses: [],
    targets: [],
    discovery: true,
    mtu: 1376,
    random: length => random.bytes(length),
    now: 0,
    wallClock: () => 0,
    ipam: {
      universe: [network('10.32.0.0/16')],
      commons: [network('10.32.0.0/16')],
      initial: { kind: 'consensus', expected: 1 },
      reserved: [],
      order: 'lowest',
      stored: stored.addresses,
    },
    names: { stored: stored.names },
  })
  return { router, outputs: [...router.drain()] }
}

function runUntil(router: RouterMachine, end: number): readonly Output[] {
  const outputs: Output[] = []
  for (let steps = 0; steps < 10_000; steps++) {
    const at = router.deadline?.at ?? Number.POSITIVE_INFINITY
    if (at > end) break
    router.advance(at)
    outputs.push(...router.drain())
  }
  return outputs
}

function lastText(outputs: readonly Output[], kind: 'store-addresses' | 'store-names'): string {
  const texts = outputs.flatMap(output => (output.kind === kind ? [output.text] : []))
  return texts.at(-1) ?? ''
}

function network(text: string) {
  const parsed = parseIpNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
