import fc from 'fast-check'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import { peerNameOf, shortIdOf } from '../../../../src/core/router/index.ts'
import { GIVE_UP_AFTER_MS, MOURN_MS, OpenMembership } from '../../../../src/core/router/open-membership.ts'
import { createSigner } from '../../../../src/core/session/crypto.ts'
import type { PeerRecord } from '../../../../src/core/wire/peer-record.ts'

const KEYS = [1, 2, 3]
  .map(byte => createSigner(new Uint8Array(32).fill(byte)).publicKey)
  .sort((a, b) => (peerNameOf(a) < peerNameOf(b) ? -1 : 1))
const [LOW, MIDDLE, HIGH] = KEYS as [Uint8Array, Uint8Array, Uint8Array]
const REACHED = () => true
const LOST = () => false

describe('the membership of an open cluster', () => {
  it('knows whom a record tells of, by short id and by key', () => {
    const membership = of(LOW, 1)
    learn(membership, HIGH, 9)
    expect(membership.host(9)).toMatchObject({ peerName: peerNameOf(HIGH), host: 'x' })
    expect(membership.hostWithKey(HIGH)?.shortId).toBe(9)
    expect(membership.hostWithKey(MIDDLE)).toBeUndefined()
  })

  it('refuses a record whose key does not make its name, and one with no short id', () => {
    const membership = of(LOW, 1)
    expect(membership.judge(record(HIGH, 9), MIDDLE).kind).toBe('refused')
    expect(membership.judge(record(HIGH, 9), new Uint8Array(0)).kind).toBe('refused')
    for (const shortId of [0, 4096, 65535]) expect(membership.judge(record(HIGH, shortId), HIGH).kind).toBe('refused')
  })

  it('leaves a short id to the lowest name', () => {
    const membership = of(LOW, 1)
    learn(membership, HIGH, 9)
    expect(membership.judge(record(MIDDLE, 9), MIDDLE)).toMatchObject({ kind: 'member', gone: [9] })
    learn(membership, MIDDLE, 9)
    expect(membership.hostWithKey(HIGH)).toBeUndefined()
    expect(membership.judge(record(HIGH, 9, 7n), HIGH).kind).toBe('outranked')
  })

  it('gives way with its own to a lower name, and holds it against a higher one', () => {
    expect(of(MIDDLE, 9).judge(record(LOW, 9), LOW).kind).toBe('takes our number')
    expect(of(MIDDLE, 9).judge(record(HIGH, 9), HIGH).kind).toBe('outranked')
  })

  it('chooses the next of its numbers that nobody holds', () => {
    const name = peerNameOf(MIDDLE)
    const membership = of(MIDDLE, shortIdOf(name, 0))
    expect(membership.nextNumber()).toBe(shortIdOf(name, 1))
    learn(membership, LOW, shortIdOf(name, 1))
    expect(membership.nextNumber()).toBe(shortIdOf(name, 2))
  })

  it('follows a peer to another short id, and never back', () => {
    const membership = of(LOW, 1)
    learn(membership, HIGH, 9, 2n)
    expect(membership.judge(record(HIGH, 10, 3n), HIGH)).toMatchObject({ kind: 'member', gone: [9] })
    learn(membership, HIGH, 10, 3n)
    expect(membership.host(9)).toBeUndefined()
    expect(membership.judge(record(HIGH, 9, 2n), HIGH)).toMatchObject({ kind: 'outranked', better: 10 })
  })

  it('gives up whom nobody reaches, and takes only a newer record afterwards, until it has forgotten', () => {
    const membership = of(LOW, 1)
    learn(membership, HIGH, 9)
    expect(membership.departed(LOST, 0)).toEqual([])
    expect(membership.departed(REACHED, GIVE_UP_AFTER_MS)).toEqual([])
    expect(membership.departed(LOST, GIVE_UP_AFTER_MS + 1)).toEqual([])
    const later = 2 * GIVE_UP_AFTER_MS + 1
    expect(membership.departed(LOST, later)).toEqual([9])
    expect(membership.members).toEqual([])
    expect(membership.judge(record(HIGH, 9), HIGH).kind).toBe('refused')
    expect(membership.judge(record(HIGH, 9), HIGH, () => true).kind).toBe('member')
    expect(membership.judge(record(HIGH, 9, 2n), HIGH).kind).toBe('member')
    membership.departed(LOST, later + MOURN_MS)
    expect(membership.judge(record(HIGH, 9), HIGH).kind).toBe('member')
  })

  it('knows its own record when others pass it on', () => {
    expect(of(LOW, 1).judge(record(LOW, 5), LOW).kind).toBe('own')
  })
})

describe('a short id', () => {
  it('is 1 to 4095 for every name and attempt, and spread over them', () => {
    const names = fc.uint8Array({ minLength: 6, maxLength: 6 }).map(nameOf)
    fc.assert(
      fc.property(names, fc.nat(65_535), (name, attempt) => {
        const shortId = shortIdOf(name, attempt)
        expect(shortId >= 1 && shortId <= 4095).toBe(true)
      }),
    )
    const drawn = Array.from({ length: 4000 }, (_, i) => shortIdOf(nameOf(Uint8Array.of(2, 0, 0, 0, i >> 8, i & 255))))
    // Drawn by lot, 4,000 of 4,095 would come to 63 %.
    expect(new Set(drawn).size).toBeGreaterThan(2300)
  })
})

function of(publicKey: Uint8Array, shortId: number): OpenMembership {
  return new OpenMembership({ name: peerNameOf(publicKey), shortId })
}

function learn(membership: OpenMembership, publicKey: Uint8Array, shortId: number, bootId = 1n): void {
  membership.learn(record(publicKey, shortId, bootId), publicKey)
}

function record(publicKey: Uint8Array, shortId: number, bootId = 1n): PeerRecord {
  const name = peerNameOf(publicKey)
  const said = { nickname: 'x', port: 6783, addresses: [], keyId: 1, publicKey: new Uint8Array(32), links: [] }
  return { shortId, name, bootId, version: 1n, ...said }
}

function nameOf(bytes: Uint8Array): PeerName {
  return Buffer.from(bytes).toString('hex').match(/../g)?.join(':') as PeerName
}
