import { Announcements } from '../../../../src/core/router/announcements.ts'
import type { RouterOptions } from '../../../../src/core/router/api.ts'
import { GIVE_UP_AFTER_MS, MOURNED, OpenMembership } from '../../../../src/core/router/open-membership.ts'
import { createSigner, peerNameOf } from '../../../../src/core/session/crypto.ts'
import type { RecordedLink } from '../../../../src/core/wire/peer-record.ts'
import { Topic } from '../../../../src/core/wire/topic.ts'

const KEY = { keyId: 1, publicKey: new Uint8Array(32) }

describe('a peer that was given up', () => {
  it('stays away while nothing shows that it is there', () => {
    const { self, givenUp } = afterPartition([], [])
    expect(self.accept(givenUp)).toEqual({ ok: false, error: MOURNED })
  })

  it('is taken back when it says itself that it is there', () => {
    const { self, givenUp, keyOf } = afterPartition([], [])
    expect(self.accept({ ...givenUp, saidBy: keyOf(2) }).ok).toBe(false)
    expect(self.accept({ ...givenUp, saidBy: keyOf(3) })).toMatchObject({ ok: true, value: { kind: 'merged' } })
  })

  it('is taken back when one that is reached has a link with it, as both say', () => {
    const accepted = [
      afterPartition([2], [3]),
      afterPartition([2], []),
      afterPartition([], [3]),
      afterPartition([2], [3], () => false),
    ].map(({ self, givenUp }) => self.accept(givenUp).ok)
    expect(accepted).toEqual([true, false, false, false])
  })

  it('is taken back when one that has just come back itself has a link with it, until routes tell more', () => {
    const acceptedAfter = (act: (self: Announcements) => void) => {
      const { self, givenUp, other, keyOf } = afterPartition([2], [3], () => false, [2, 3])
      expect(self.accept({ ...other, saidBy: keyOf(2) }).ok).toBe(true)
      act(self)
      return self.accept(givenUp).ok
    }
    expect(acceptedAfter(() => undefined)).toBe(true)
    expect(acceptedAfter(self => self.routed())).toBe(false)
  })
})

/** Router 1 has given up 3, or `gone`. Links of 3 and of 2, as they say; all records are from before. */
function afterPartition(
  linksOf3: readonly number[],
  linksOf2: readonly number[],
  isReached: (peer: number) => boolean = peer => peer === 2,
  gone: readonly number[] = [3],
) {
  const membership = new OpenMembership({ name: peerNameOf(keyOf(1)), shortId: 1 })
  const self = new Announcements(optionsOf(1), membership, isReached)
  const [other, givenUp] = [recordOf(2, linksOf2), recordOf(3, linksOf3)]
  for (const record of [other, givenUp]) expect(self.accept(record).ok).toBe(true)
  self.routed()
  const isSeen = (shortId: number) => !gone.includes(shortId)
  membership.departed(isSeen, 0)
  for (const shortId of membership.departed(isSeen, GIVE_UP_AFTER_MS)) self.forget(shortId)
  return { self, other, givenUp, keyOf }
}

function recordOf(shortId: number, links: readonly number[]) {
  const membership = new OpenMembership({ name: peerNameOf(keyOf(shortId)), shortId })
  const announcements = new Announcements(optionsOf(shortId), membership, () => false)
  announcements.announce(KEY, links.map(linkTo))
  return { topic: Topic.peer, bytes: announcements.ownBytes }
}

function linkTo(shortId: number): RecordedLink {
  return { shortId, isOutbound: true, isEstablished: true, remote: { ip: '192.0.2.1', port: 6783 }, cost: 8 }
}

function keyOf(shortId: number): Uint8Array {
  return createSigner(seedOf(shortId)).publicKey
}

function seedOf(shortId: number): Uint8Array {
  return new Uint8Array(32).fill(shortId)
}

function optionsOf(shortId: number): RouterOptions {
  const random = (length: number) => new Uint8Array(length)
  const said = { nickname: 'x', port: 6783, addresses: [], bootId: 1n }
  return { shortId, identitySeed: seedOf(shortId), random, ...said } as unknown as RouterOptions
}
