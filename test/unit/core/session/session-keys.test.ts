import {
  FORCED_MAX,
  REKEY_AFTER_MS,
  REKEY_OVERLAP_MS,
  REKEY_SETTLE_MS,
  SessionKeys,
} from '../../../../src/core/session/session-keys.ts'
import { SeededRandom } from '../../../simulation/random.ts'

describe('session keys', () => {
  it('are the same at both ends, one for each direction', () => {
    const [a, b] = pair()
    expect(b.openingFor(1)).toEqual([a.sealingFor(2)])
    expect(a.openingFor(2)).toEqual([b.sealingFor(1)])
    expect(a.sealingFor(2)?.key).not.toEqual(b.sealingFor(1)?.key)
  })

  it('open what was sealed before a re-key until the overlap ends', () => {
    const [a, b] = pair()
    const before = a.sealingFor(2)
    expect(b.advance(REKEY_AFTER_MS)).toBe(true)
    a.announce(2, b.announced, REKEY_AFTER_MS)
    expect(a.sealingFor(2)).not.toEqual(before)
    expect(b.openingFor(1)).toContainEqual(before)
    expect(b.openingFor(1)).toContainEqual(a.sealingFor(2))
    b.advance(REKEY_AFTER_MS + REKEY_OVERLAP_MS)
    expect(b.openingFor(1)).toEqual([a.sealingFor(2)])
  })

  it('seal for a little while longer after a re-key, until others have heard of it', () => {
    const [a, b] = pair()
    const before = a.sealingFor(2)
    a.advance(REKEY_AFTER_MS)
    expect(a.sealingFor(2)).toEqual(before)
    expect(a.deadline).toBe(REKEY_AFTER_MS + REKEY_SETTLE_MS)
    expect(b.openingFor(1)).toContainEqual(a.sealingFor(2))
    expect(a.advance(a.deadline)).toBe(true)
    expect(a.sealingFor(2)?.sourceKeyId).toBe(a.announced.keyId)
    b.announce(1, a.announced, a.deadline)
    expect(b.openingFor(1)).toContainEqual(a.sealingFor(2))
  })

  it('do not seal any longer for a peer with another key, or when they must not be used again', () => {
    const [a, b] = pair()
    a.wear(10)
    b.renew(20)
    a.announce(2, b.announced, 20)
    expect(a.sealingFor(2)).toMatchObject({ sourceKeyId: a.announced.keyId, destinationKeyId: b.announced.keyId })
    const [c] = pair()
    c.wear(10)
    c.renew(20)
    expect(c.sealingFor(2)?.sourceKeyId).toBe(c.announced.keyId)
  })

  it('have a pair key beside them, the same at both ends and renewed with theirs', () => {
    const [a, b] = pair()
    const before = a.pairKey(2)
    expect(before).toHaveLength(32)
    expect(b.pairKey(1)).toEqual(before)
    expect([a.sealingFor(2)?.key, b.sealingFor(1)?.key]).not.toContainEqual(before)
    b.renew(10)
    a.announce(2, b.announced, 10)
    expect(a.pairKey(2)).not.toEqual(before)
    expect(b.pairKey(1)).toEqual(a.pairKey(2))
    a.forget(2)
    expect(a.pairKey(2)).toBeUndefined()
  })

  it('are gone with the peer', () => {
    const [a] = pair()
    a.forget(2)
    expect(a.sealingFor(2)).toBeUndefined()
    expect(a.openingFor(2)).toEqual([])
  })

  it('are others than before for a peer that was forgotten and is back: its counters begin anew', () => {
    const [a, b] = pair()
    const before = a.sealingFor(2)
    a.forget(2)
    a.announce(2, b.announced, 10)
    expect(a.sealingFor(2)?.key).not.toEqual(before?.key)
    const openedBefore = b.sealingFor(1)
    expect(a.openingFor(2).map(({ key }) => key)).not.toContainEqual(openedBefore?.key)
  })

  it('are not replaced without end for a peer that goes back and forth between two of its own', () => {
    const [a, b] = pair()
    const other = {
      keyId: 77,
      publicKey: new SessionKeys(2, length => new Uint8Array(length).fill(7), 0).announced.publicKey,
    }
    const own = new Set<number>()
    for (let i = 0; i < 10 * FORCED_MAX; i++) {
      a.announce(2, i % 2 === 0 ? other : b.announced, i)
      own.add(a.announced.keyId)
    }
    expect(own.size).toBeLessThanOrEqual(FORCED_MAX + 1)
    expect(a.sealingFor(2)).toBeUndefined()
    a.announce(3, other, 100)
    expect(a.sealingFor(3)).toBeDefined()
  })

  it('do not exist with a peer whose announced key is worthless', () => {
    const [a] = pair()
    a.announce(3, { keyId: 1, publicKey: new Uint8Array(32) }, 0)
    expect(a.sealingFor(3)).toBeUndefined()
    expect(a.openingFor(3)).toEqual([])
  })
})

function pair(): readonly [SessionKeys, SessionKeys] {
  const random = new SeededRandom(5)
  const a = new SessionKeys(1, length => random.bytes(length), 0)
  const b = new SessionKeys(2, length => random.bytes(length), 0)
  a.announce(2, b.announced, 0)
  b.announce(1, a.announced, 0)
  return [a, b]
}
