import type { IpamAnswer } from '../../src/core/ipam/api.ts'
import { DEAD_BY_WORD_MS } from '../../src/core/ipam/contacts.ts'
import { network } from './address-world.ts'
import { World } from './world.ts'

const NAMES = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6']
const FORMER = 'h1'
const HEIR = 'h2'
const WITNESSES = ['h5', 'h6']
const MINUTE = 60_000

describe('routers that start again and reach the former owner of space that was taken over, but not its heir', () => {
  const answers = new Map<number, IpamAnswer>()
  const world = new World({
    seed: 17,
    hasTopics: true,
    keepsWiretap: false,
    answered: (_, { ticket, answer }) => answers.set(ticket, answer),
  })
  startAll(world)
  world.kill(FORMER, true)
  world.run(DEAD_BY_WORD_MS + MINUTE)
  const peer = peersSeenFrom(world, HEIR).find(({ nickname }) => nickname === FORMER)?.name
  if (peer === undefined) throw new Error(`${HEIR} knows nothing of ${FORMER}`)
  world.tell(HEIR, { kind: 'addresses', input: { kind: 'take-over', ticket: 1, peer } })
  world.run(MINUTE)
  for (const name of WITNESSES) world.kill(name)
  const there = [FORMER, ...WITNESSES]
  for (const a of there) for (const b of NAMES) if (!there.includes(b)) world.cut(a, b)
  for (const name of there) world.restart(name)
  allocate(world, FORMER, 2)
  world.run(30_000)

  it('were there when it was taken over', () => {
    expect(answers.get(1)).toEqual({ kind: 'taken-over', addresses: 256n })
  })

  it('tell it, so that it gives out none of that', () => {
    expect(reachable(world, FORMER)).toEqual(there)
    expect(answers.get(2)).toMatchObject({ kind: 'refused' })
  })

  it('pass on what the heir says as soon as it is there again', () => {
    world.heal()
    world.run(MINUTE)
    expect(reachable(world, FORMER)).toEqual(NAMES)
    allocate(world, HEIR, 3)
    world.run(1_000)
    expect(answers.get(3)).toMatchObject({ kind: 'address' })
  })
})

function startAll(world: World): void {
  world.define(NAMES)
  world.wireAll(NAMES)
  const manifest = world.cluster.manifest()
  for (const name of NAMES) {
    const others = NAMES.filter(other => other !== name)
    world.start(name, others, manifest)
  }
  world.run(3 * MINUTE)
}

/** Of the former owner's range. */
function allocate(world: World, name: string, ticket: number): void {
  const request = { kind: 'allocate', ticket, id: `c${ticket}`, subnet: network('10.2.1.0/24') } as const
  world.tell(name, { kind: 'addresses', input: { ...request, timeoutMs: 20_000 } })
}

function reachable(world: World, name: string): readonly string[] {
  return peersSeenFrom(world, name)
    .filter(peer => peer.isReachable)
    .map(peer => peer.nickname)
}

function peersSeenFrom(world: World, name: string) {
  const host = world.host(name)
  return host.router.status(host.clockAt(world.now)).peers
}
