import { parseIpAddress } from '../../../../src/base/ip-address.ts'
import {
  FAST_LINKS_MAX,
  FAST_PROBE_EVERY_MS,
  FAST_SILENCE_MAX_MS,
  FastLinks,
} from '../../../../src/core/mesh/fast-links.ts'
import { acceptedBy } from '../../base/outcome.ts'

const PEER = 2
const ADDRESS = acceptedBy(parseIpAddress('10.0.0.2'))
const ELSEWHERE = acceptedBy(parseIpAddress('fd00::3'))

describe('fast links', () => {
  it('open after answers in a row, the first questions being large', () => {
    const links = watched()
    expect(links.due(0)).toEqual([{ peer: PEER, to: ADDRESS, nonce: 1, isLarge: true }])
    expect(links.answered(PEER, 1, 0.2, 1)).toBe(false)
    expect(links.due(1)).toMatchObject([{ nonce: 2, isLarge: true }])
    expect(links.answered(PEER, 2, 0.2, 2)).toBe(true)
    expect(links.open).toMatchObject([{ peer: PEER, address: ADDRESS, roundTripMs: 0.2 }])
  })

  it('take no answer but that to the last question', () => {
    const links = watched()
    links.due(0)
    expect(links.answered(PEER, 7, 0.2, 1)).toBe(false)
    expect(links.answered(9, 1, 0.2, 1)).toBe(false)
    links.answered(PEER, 1, 0.2, 1)
    expect(links.answered(PEER, 1, 0.2, 2)).toBe(false)
    expect(links.open).toEqual([])
  })

  it('do not open on answers with a gap between', () => {
    const links = watched()
    links.due(0)
    links.answered(PEER, 1, 0.2, 1)
    links.due(1)
    links.due(1 + FAST_PROBE_EVERY_MS)
    expect(links.answered(PEER, 3, 0.2, 700)).toBe(false)
    expect(links.open).toEqual([])
  })

  it('are lost in silence, and then ask for more answers', () => {
    const links = watched()
    const openedAt = openIn(links, 0)
    expect(links.lost(openedAt + FAST_SILENCE_MAX_MS - 1)).toEqual([])
    const lostAt = openedAt + FAST_SILENCE_MAX_MS
    expect(links.lost(lostAt)).toMatchObject([{ peer: PEER }])
    expect(links.linkTo(PEER)).toMatchObject({ isOpen: false, losses: 1 })
    expect(openIn(links, lostAt) - lostAt).toBeGreaterThan(openedAt)
  })

  it('are lost within four seconds where large questions are answered no more and small ones are', () => {
    for (let answered = 2; answered < 10; answered++) {
      const links = watched()
      const narrowAt = openIn(links, 0) + answered * FAST_PROBE_EVERY_MS
      let now = 0
      for (; links.linkTo(PEER)?.losses === 0; now++) {
        for (const { nonce, isLarge } of links.due(now)) {
          if (!isLarge || now < narrowAt) links.answered(PEER, nonce, 1, now)
        }
        links.lost(now)
      }
      expect(now - narrowAt).toBeLessThanOrEqual(4_000)
    }
  })

  it('are lost at once when the kernel refuses to send as large a question, and no sooner for one of before', () => {
    const links = watched()
    const openedAt = openIn(links, 0)
    const now = openedAt + 4 * FAST_PROBE_EVERY_MS
    const [first] = links.due(openedAt + FAST_PROBE_EVERY_MS)
    links.answered(PEER, first!.nonce, 1, now - 1)
    const [last] = links.due(now)
    links.refused(PEER, first!.nonce)
    links.refused(9, last!.nonce)
    expect(links.lost(now)).toEqual([])
    links.refused(PEER, last!.nonce)
    expect(links.deadline).toBeLessThanOrEqual(now)
    expect(links.lost(now)).toEqual([{ peer: PEER, reason: 'the path takes less than the largest frames' }])
    expect(links.linkTo(PEER)).toMatchObject({ isOpen: false, losses: 1 })
    expect(links.lost(now)).toEqual([])
    expect(openIn(links, now)).toBeGreaterThan(now)
  })

  it('come to cost more when questions are lost, and not when the host was too busy to look', () => {
    const lossyBy = (lateMs: number) => {
      const links = watched()
      let now = openIn(links, 0)
      for (let i = 0; i < 40; i++) {
        now = links.deadline + lateMs
        for (const { nonce } of links.due(now)) if (i % 4 > 0) links.answered(PEER, nonce, 0.2, now + 1)
      }
      return { ...links.linkTo(PEER)?.quality, hasChanged: links.takeCostChange(), again: links.takeCostChange() }
    }
    expect(lossyBy(0).hasChanged).toBe(true)
    expect(lossyBy(0).again).toBe(false)
    expect(lossyBy(150).hasChanged).toBe(false)
  })

  it('that were left ask at the usual pace as soon as they answer, however long they were silent', () => {
    const links = watched()
    const openedAt = openIn(links, 0)
    links.leave(PEER, 'another way works')
    expect(links.lost(openedAt)).toEqual([{ peer: PEER, reason: 'another way works' }])
    for (let now = openedAt; now < openedAt + 60_000; now++) links.due(now)
    const answersAt: number[] = []
    for (let now = openedAt + 60_000; links.open.length === 0; now++) {
      for (const { nonce, isLarge } of links.due(now)) {
        links.answered(PEER, nonce, 0.2, now)
        if (isLarge) answersAt.push(now)
      }
    }
    const [first = 0] = answersAt
    expect(answersAt.map(at => at - first)).toEqual([0, 1, 2, 3].map(i => i * FAST_PROBE_EVERY_MS))
  })

  it('outlive the control link, but not the silence after it', () => {
    const links = watched()
    const openedAt = openIn(links, 0)
    links.watch(new Map(), openedAt)
    expect(links.open).toHaveLength(1)
    links.lost(openedAt + FAST_SILENCE_MAX_MS)
    expect(links.all).toEqual([])
  })

  it('stay where they are while they are open, and follow the peer otherwise', () => {
    const links = watched()
    links.watch(new Map([[PEER, [ELSEWHERE]]]), 0)
    expect(links.linkTo(PEER)?.address).toBe(ELSEWHERE)
    const openedAt = openIn(links, 0)
    links.watch(new Map([[PEER, [ADDRESS]]]), openedAt)
    expect(links.linkTo(PEER)).toMatchObject({ address: ELSEWHERE, isOpen: true })
  })

  it('try addresses in turn, and in patience only when none has answered', () => {
    const links = new FastLinks(counter())
    links.watch(new Map([[PEER, [ADDRESS, ELSEWHERE]]]), 0)
    const asked: unknown[] = []
    for (let now = 0; now < 6_500; now += FAST_PROBE_EVERY_MS) asked.push(...links.due(now).map(({ to }) => to))
    expect(asked).toEqual([...Array(6).fill(ADDRESS), ...Array(6).fill(ELSEWHERE), ADDRESS])
    expect([10_999, 11_000, 16_000].map(now => links.due(now).map(({ to }) => to))).toEqual([
      [],
      [ELSEWHERE],
      [ADDRESS],
    ])
    const openedAt = openIn(links, 21_000)
    expect(links.linkTo(PEER)).toMatchObject({ address: ELSEWHERE, isOpen: true })
    links.watch(new Map([[PEER, [ADDRESS, ELSEWHERE]]]), openedAt)
    expect(links.linkTo(PEER)).toMatchObject({ address: ELSEWHERE, isOpen: true })
  })

  it('open at any of several addresses, though small questions come in turn with them', () => {
    const places = [ADDRESS, ELSEWHERE, acceptedBy(parseIpAddress('10.0.0.4'))]
    for (const place of places) {
      const links = new FastLinks(counter())
      links.watch(new Map([[PEER, places]]), 0)
      for (let now = 0; now < 60_000; now += FAST_PROBE_EVERY_MS) links.due(now)
      for (let now = 60_000; now < 80_000 && links.open.length === 0; now++) {
        for (const { to, nonce } of links.due(now)) if (to === place) links.answered(PEER, nonce, 1, now)
      }
      expect(links.open).toMatchObject([{ address: place }])
    }
  })

  it('let a peer go that has no address', () => {
    const links = watched()
    links.watch(new Map([[PEER, []]]), 0)
    expect(links.all).toEqual([])
  })

  it('that were taken over are open at once', () => {
    const links = new FastLinks(counter())
    links.adopt(PEER, ADDRESS, 100)
    expect(links.open).toHaveLength(1)
    expect(links.lost(100 + FAST_SILENCE_MAX_MS)).toHaveLength(1)
  })

  it('are told apart where only small probes are answered, until a large one is', () => {
    const links = watched()
    let now = answerSmall(links)
    expect(links.linkTo(PEER)).toMatchObject({ isNarrow: true, isOpen: false })
    expect(links.due(now)).toMatchObject([{ isLarge: true }])
    now = openIn(links, now)
    expect(links.linkTo(PEER)).toMatchObject({ isNarrow: false, isOpen: true })
  })

  it('are not narrow any more when nothing is answered at all', () => {
    const links = watched()
    const now = answerSmall(links)
    for (let i = 1; i <= 6; i++) links.due(now + i * 10_000)
    expect(links.linkTo(PEER)).toMatchObject({ isNarrow: false })
  })

  it('are not held up by small answers in a row of large ones', () => {
    const links = watched()
    answerSmall(links)
    expect(links.open).toEqual([])
    expect(openIn(links, 10_000)).toBeLessThan(10_002)
  })

  it('are bounded', () => {
    const links = new FastLinks(counter())
    links.watch(new Map(Array.from({ length: FAST_LINKS_MAX + 9 }, (_, i) => [i + 1, [ADDRESS]])), 0)
    expect(links.all).toHaveLength(FAST_LINKS_MAX)
  })

  it('meet their deadline', () => {
    const links = watched()
    expect(links.deadline).toBe(0)
    links.due(0)
    expect(links.deadline).toBe(FAST_PROBE_EVERY_MS)
  })
})

function watched(): FastLinks {
  const links = new FastLinks(counter())
  links.watch(new Map([[PEER, [ADDRESS]]]), 0)
  return links
}

/** Answers the first small probe, and no other; returns when. */
function answerSmall(links: FastLinks): number {
  for (let now = 0; now < 100_000; now++) {
    for (const { nonce, isLarge } of links.due(now)) {
      if (isLarge) continue
      expect(links.answered(PEER, nonce, 1, now)).toBe(false)
      return now
    }
  }
  throw new Error('there was no small probe')
}

/** Answers each question a millisecond later; returns when the link has opened. */
function openIn(links: FastLinks, start: number): number {
  for (let now = start; now < start + 100_000; now++) {
    for (const { nonce } of links.due(now)) {
      if (links.answered(PEER, nonce, 1, now)) return now
    }
  }
  throw new Error('the link did not open')
}

function counter(): () => number {
  let last = 0
  return () => ++last
}
