import { parseIpOnNetwork } from '../../../../src/base/ip-address.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import type { InitialSpace } from '../../../../src/core/ipam/api.ts'
import {
  type AddressBody,
  addressBodyBytes,
  decodeAddressBody,
  encodeAddressBody,
} from '../../../../src/core/ipam/body.ts'
import { TOPIC_BODY_BYTES_MAX } from '../../../../src/core/wire/topic-record.ts'
import { type AddressHost, AddressWorld } from '../../../simulation/address-world.ts'

const COUNT = 1_040
const BATCH = 130

describe('pieces of address space', () => {
  it('that are nobody’s are taken one by one until the others could not be told of more', () => {
    const { world, asker } = worldOf({ kind: 'consensus', expected: 2 }, [undefined, undefined])
    const last = claimMany(world, asker, '10.40')
    expect(last).toEqual({ kind: 'refused', reason: expect.stringMatching(/as many pieces .* lie side by side$/) })
    expectReadable(world)
  })

  it('are given to others one by one until the others could not be told of more', () => {
    const { world, asker } = worldOf({ kind: 'manifest' }, ['10.32.0.0/24', '10.33.0.0/16'])
    claimMany(world, asker, '10.33')
    expectReadable(world)
  })

  it('and all else have the length in a body that they are counted with', () => {
    const range = { from: 1n, to: 2n }
    const peer = '02:00:00:00:00:01' as PeerName
    const body: AddressBody = {
      serial: 1,
      claims: [{ ...range, epoch: 1, isSettling: false, free: 0n }],
      grants: [{ ...range, receiver: peer, sequence: 1, epoch: 1 }],
      taken: new Map([[peer, 1]]),
      wishes: [{ ...range, id: 1, donor: peer }],
      denials: [{ peer, wish: 1, reason: 'in use' }],
      ranges: [{ network: 0n as never, prefix: 8 }],
    }
    const one = { claims: 1, grants: 1, taken: 1, wishes: 1, denials: 1, ranges: 1 }
    expect(encodeAddressBody(body)).toHaveLength(addressBodyBytes(one))
    const double = { ...body, claims: [...body.claims, ...body.claims], grants: [...body.grants, ...body.grants] }
    expect(encodeAddressBody(double)).toHaveLength(addressBodyBytes({ ...one, claims: 2, grants: 2 }))
  })
})

function worldOf(initial: InitialSpace, homes: readonly (string | undefined)[]) {
  const world = new AddressWorld({ seed: 1, universe: '10.32.0.0/12', initial })
  const [asker] = homes.map((home, i) => world.add(i + 1, home))
  if (asker === undefined) throw new Error('there is no host')
  if (initial.kind === 'manifest') world.publishManifest(world.hosts.keys())
  else world.reconnect()
  world.run(10_000)
  return { world, asker }
}

/** Every other address, so that none joins another; gives the last answer. */
function claimMany(world: AddressWorld, host: AddressHost, network: string) {
  for (let i = 0; i < COUNT; i++) {
    const parsed = parseIpOnNetwork(`${network}.${i >> 7}.${(i & 127) * 2}/12`)
    if (!parsed.ok) throw new Error(parsed.error)
    world.tell(host, { kind: 'claim', ticket: i, id: `c${i}`, address: parsed.value, timeoutMs: 20_000 })
    if (i % BATCH === BATCH - 1) world.run(4_000)
  }
  world.run(30_000)
  return world.answers.get(COUNT - 1)
}

function expectReadable({ hosts, refusals, errors }: AddressWorld): void {
  for (const { name, heard } of hosts.values()) {
    const body = heard.get(name)?.body ?? new Uint8Array(0)
    if (body.length === 0) continue
    expect(body.length).toBeLessThanOrEqual(TOPIC_BODY_BYTES_MAX)
    expect(decodeAddressBody(body).ok).toBe(true)
  }
  expect({ refusals, errors }).toEqual({ refusals: [], errors: [] })
}
