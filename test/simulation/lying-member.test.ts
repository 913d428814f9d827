import type { PeerName } from '../../src/base/peer-name.ts'
import { type Entry, encodeEntries } from '../../src/core/dns/entry.ts'
import { REVIEW_MS } from '../../src/core/dns/name-reviews.ts'
import { EPOCH_MAX, encodeAddressBody } from '../../src/core/ipam/body.ts'
import { HOLD_MS } from '../../src/core/ipam/contacts.ts'
import { rangeOf } from '../../src/core/ipam/range.ts'
import { peerNameOf } from '../../src/core/router/index.ts'
import { encodeMessage, type LinkMessage } from '../../src/core/wire/link-message.ts'
import { LINKS_MAX } from '../../src/core/wire/peer-record.ts'
import { Topic } from '../../src/core/wire/topic.ts'
import { network } from './address-world.ts'
import { CONTAINERS, signManifest } from './cluster.ts'
import { broadcastFrame } from './convergence.ts'
import { falseBodyOf } from './false-bodies.ts'
import { forge, HIGHEST, heardFrom, records, topicOf } from './lies.ts'
import { World, type WorldOptions } from './world.ts'

const HONEST = ['a', 'b', 'c']
const NAMES = [...HONEST, 'liar']
const VAIN = 'a claim to addresses that this host holds'
const UNSIGNED = 'a record that its peer did not sign'
const JUNK = Uint8Array.of(99, 98, 97)

describe('a member that lies', () => {
  it.each<{ lie: string; tell: (world: World) => readonly LinkMessage[]; refused?: string }>([
    {
      lie: 'a record of another, signed by itself',
      tell: world => [records(forge(world, { of: 'b' }))],
      refused: UNSIGNED,
    },
    {
      lie: 'a record of another with the highest boot id',
      tell: world => [records(forge(world, { of: 'b', bootId: HIGHEST }))],
      refused: UNSIGNED,
    },
    {
      lie: 'a record of itself with the highest boot id',
      tell: world => [records(forge(world, { bootId: HIGHEST, version: HIGHEST }))],
    },
    { lie: 'links with everybody', tell: world => [records(forge(world, { bootId: 2n ** 63n, links: LINKS_MAX }))] },
    {
      lie: 'a manifest that it signed itself',
      tell: world => [manifest(signManifest('{}', world.member('liar').seed))],
      refused: 'the manifest is not signed by the cluster key',
    },
    { lie: 'an older manifest', tell: world => [manifest(world.host('a').stored.manifest)] },
    {
      lie: 'the same old record again and again',
      tell: world => new Array<LinkMessage>(300).fill(records(heardFrom(world, 'b'))),
    },
    {
      lie: 'heartbeats without end',
      tell: () => Array.from({ length: 1_000 }, (_, sequence) => ({ kind: 'heartbeat', sequence })),
    },
    {
      lie: 'a punch that it forged',
      tell: () => [{ kind: 'punch', hopsLeft: 3, punch: new Uint8Array(20) }],
      refused: 'a punch that cannot be read',
    },
    {
      lie: 'a second hello',
      tell: world => [hello(heardFrom(world, 'liar'))],
      refused: 'a second hello',
    },
  ])('with $lie does not keep the others from each other', ({ tell, refused }) => {
    const world = start()
    for (const message of tell(world)) {
      for (const name of ['a', 'b', 'c']) world.links.sendFromTo('liar', name, encodeMessage(message))
    }
    world.run(5_000)
    for (const name of ['a', 'b', 'c']) {
      const { peers, refused: told } = world.host(name).router.status(world.now)
      const reached = peers.filter(peer => peer.isReachable).map(peer => peer.nickname)
      expect(reached).toEqual(expect.arrayContaining(['a', 'b', 'c']))
      expect(Object.keys(told)).toEqual(refused === undefined ? [] : [refused])
    }
    world.send('a', broadcastFrame(1, 'all the same'))
    world.run(200)
    for (const name of ['b', 'c']) expect(world.host(name).injected).toHaveLength(1)
  })
})

describe('a member that lies to those who hand out addresses and know names', () => {
  it.each<{ lie: string; topic: number; body: Uint8Array; refused?: string }>([
    { lie: 'all addresses are its own', topic: Topic.addresses, body: claimOfAll(EPOCH_MAX), refused: VAIN },
    {
      lie: 'an epoch beyond all others',
      topic: Topic.addresses,
      body: claimOfAll(EPOCH_MAX + 1),
      refused: 'addresses that cannot be read',
    },
    { lie: 'no addresses', topic: Topic.addresses, body: JUNK, refused: 'addresses that cannot be read' },
    { lie: 'the name of another', topic: Topic.names, body: encodeEntries([nameOfWeb('10.2.1.1')]) },
    { lie: 'no names', topic: Topic.names, body: JUNK, refused: 'names that cannot be read' },
    {
      lie: 'no neighbours of the fast path',
      topic: Topic.fastPath,
      body: JUNK,
      refused: 'links of the fast path that cannot be read',
    },
    {
      lie: 'no costs of the fast path',
      topic: Topic.fastCosts,
      body: JUNK,
      refused: 'links of the fast path that cannot be read',
    },
    {
      lie: 'no tunnel',
      topic: Topic.tunnel,
      body: JUNK,
      refused: 'links of the fast path that cannot be read',
    },
  ])('with $lie harms none of them', ({ topic, body, refused }) => {
    const answers = new Map<string, unknown>()
    const world = start({ hasTopics: true, answered: (host, { answer }) => answers.set(host.name, answer) })
    world.tell('a', { kind: 'names', change: { kind: 'add', entry: nameOfWeb('10.2.1.1') } })
    world.run(3 * HOLD_MS)
    for (const name of HONEST) world.links.sendFromTo('liar', name, encodeMessage(topicOf(world, { topic, body })))
    world.run(5_000)
    for (const [i, name] of HONEST.entries()) {
      const subnet = network(`10.2.${i + 1}.0/24`)
      const request = { kind: 'allocate', ticket: i, id: 'c', subnet, timeoutMs: 5_000 } as const
      world.tell(name, { kind: 'addresses', input: request })
    }
    world.run(6_000)
    for (const [i, name] of HONEST.entries()) {
      expect(answers.get(name)).toMatchObject({ lease: { address: network(`10.2.${i + 1}.1/32`).network } })
      const { router } = world.host(name)
      expect(router.shared?.names?.find('web.weave.local').map(({ peer }) => peer)).toEqual([peerOf(world, 'a')])
      const told = Object.keys(router.status(world.now).refused)
      expect(told.map(reason => reason.split(':')[0])).toEqual(refused === undefined ? [] : [refused])
    }
  })
})

describe('a member that gives another more pieces of address space than that could tell of', () => {
  it('keeps it neither from its addresses nor from being heard', () => {
    const answers = new Map<string, unknown>()
    const world = start({ hasTopics: true, answered: (host, { answer }) => answers.set(host.name, answer) })
    world.run(3 * HOLD_MS)
    const { network: first } = network('10.9.0.0/16')
    const grants = Array.from({ length: 1_300 }, (_, i) => {
      const address = first + BigInt(2 * i)
      return { from: address, to: address, receiver: peerOf(world, 'a'), sequence: 1 + i, epoch: 1 }
    })
    const told = topicOf(world, { topic: Topic.addresses, body: falseBodyOf({ grants }) })
    for (const name of HONEST) world.links.sendFromTo('liar', name, encodeMessage(told))
    world.run(5_000)
    const request = { kind: 'allocate', id: 'c', timeoutMs: 5_000 } as const
    world.tell('a', { kind: 'addresses', input: { ...request, ticket: 1, subnet: network('10.2.1.0/24') } })
    world.tell('b', { kind: 'addresses', input: { ...request, ticket: 2, subnet: network('10.2.1.0/24') } })
    world.run(6_000)
    for (const name of ['a', 'b']) expect(answers.get(name)).toMatchObject({ kind: 'address' })
  })
})

describe('a member that names addresses of others', () => {
  it('is not heard as to those, whoever else has such a name or none', () => {
    const world = start({ hasTopics: true })
    world.tell('a', { kind: 'names', change: { kind: 'add', entry: nameOfWeb('10.2.1.1') } })
    const lies = ['trap', 'web'].map(label => nameOf(label, '10.2.1.1'))
    const truths = [nameOf('own', '10.2.4.1'), nameOf('outside', '192.0.2.7')]
    const told = topicOf(world, { topic: Topic.names, body: encodeEntries([...lies, ...truths]) })
    for (const name of HONEST) world.links.sendFromTo('liar', name, encodeMessage(told))
    world.run(REVIEW_MS + 5_000)
    for (const name of HONEST) {
      const { router } = world.host(name)
      const peersOf = (label: string) => router.shared?.names?.find(`${label}.weave.local`).map(({ peer }) => peer)
      expect(peersOf('trap')).toEqual([])
      expect(peersOf('web')).toEqual([peerOf(world, 'a')])
      for (const label of ['own', 'outside']) expect(peersOf(label)).toEqual([peerOf(world, 'liar')])
      expect(router.shared?.names?.findAddress('10.2.1.1').map(({ name: found }) => found)).toEqual(['web.weave.local'])
      expect(router.status(world.now).refused).toEqual({ 'names for addresses of another host': 1 })
    }
  })
})

function start(options: Partial<WorldOptions> = {}): World {
  const world = new World({ seed: 41, ...options })
  world.define(NAMES)
  world.wireAll(NAMES)
  const signed = world.cluster.manifest()
  for (const name of NAMES) {
    world.start(
      name,
      NAMES.filter(other => other !== name),
      signed,
    )
  }
  world.run(3_000)
  return world
}

function claimOfAll(epoch: number): Uint8Array {
  const claim = { ...rangeOf(network(CONTAINERS)), epoch, isSettling: false, free: 1n }
  const empty = { grants: [], taken: new Map(), wishes: [], denials: [], ranges: [] }
  return encodeAddressBody({ ...empty, serial: 1_000_000, claims: [claim] })
}

function peerOf(world: World, name: string): PeerName {
  return peerNameOf(world.member(name).publicKey)
}

function nameOfWeb(address: string): Entry {
  return nameOf('web', address)
}

function nameOf(label: string, address: string): Entry {
  return { id: 'c', name: `${label}.weave.local`, data: { kind: 'address', address } }
}

function hello(record: Uint8Array): LinkMessage {
  return { kind: 'hello', protocolMin: 1, protocolMax: 1, bootId: 1n, manifestVersion: 1n, record }
}

function manifest({ manifest: text, signature }: { manifest: string; signature: string }): LinkMessage {
  return { kind: 'manifest', text, signature: Uint8Array.from(Buffer.from(signature, 'base64')) }
}
