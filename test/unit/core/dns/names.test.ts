import fc from 'fast-check'
import { isDomainName } from '../../../../src/base/domain-name.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import { answerFor, reversedAddress } from '../../../../src/core/dns/answer.ts'
import {
  BODY_BYTES_MAX,
  decodeEntries,
  type Entry,
  encodeEntries,
  entryProblem,
} from '../../../../src/core/dns/entry.ts'
import { REVIEW_MS } from '../../../../src/core/dns/name-reviews.ts'
import { Names, STALE_MS } from '../../../../src/core/dns/names.ts'

const self = '02:00:00:00:00:01' as PeerName
const peer = '02:00:00:00:00:02' as PeerName
const OTHERS = [peer, '02:00:00:00:00:03' as PeerName] as const
const options = { domains: ['weave.local'], nearestFirst: false, random: () => 0 }

describe('names', () => {
  it('are found whatever their case, with and without the domain (DNS-02)', () => {
    const names = withNames(address('Web', '10.2.1.1'))
    for (const name of ['web.weave.local', 'WEB.weave.LOCAL', 'web']) {
      expect(dataOf(names, name, 'A')).toEqual(['10.2.1.1'])
    }
  })

  it('are known without an answer when they have none of the type, and unknown when there are none', () => {
    const names = withNames(address('web', '10.2.1.1'))
    expect(answerFor(names, { name: 'web.weave.local', type: 'AAAA' }, options)).toMatchObject({
      kind: 'found',
      records: [],
    })
    expect(answerFor(names, { name: 'db.weave.local', type: 'A' }, options)).toEqual({ kind: 'unknown' })
    expect(answerFor(names, { name: 'example.com', type: 'A' }, options)).toEqual({ kind: 'elsewhere' })
    expect(answerFor(names, { name: 'weave.local', type: 'A' }, options)).toMatchObject({ kind: 'found', records: [] })
  })

  it('answer AAAA, PTR, SRV, TXT and follow aliases, also those that go round (DNS-03, DNS-07)', () => {
    const names = withNames(
      address('web', 'fd00::7'),
      { id: 'c', name: 'www.weave.local', data: { kind: 'cname', target: 'web.weave.local' } },
      { id: 'c', name: 'a.weave.local', data: { kind: 'cname', target: 'b.weave.local' } },
      { id: 'c', name: 'b.weave.local', data: { kind: 'cname', target: 'a.weave.local' } },
      { id: 'c', name: 'web.weave.local', data: { kind: 'txt', text: 'hello' } },
      {
        id: 'c',
        name: '_http._tcp.weave.local',
        data: { kind: 'srv', priority: 1, weight: 2, port: 80, target: 'web.weave.local' },
      },
    )
    expect(dataOf(names, 'www.weave.local', 'AAAA')).toEqual(['web.weave.local', 'fd00::7'])
    expect(dataOf(names, 'web.weave.local', 'TXT')).toEqual(['hello'])
    expect(dataOf(names, '_http._tcp.weave.local', 'SRV')).toEqual([
      { priority: 1, weight: 2, port: 80, target: 'web.weave.local' },
    ])
    expect(dataOf(names, 'a.weave.local', 'A').length).toBe(8)
  })

  it('give addresses in turn, and the nearest first where that is wished', () => {
    const names = withNames(address('web', '10.2.1.1'))
    names.heard(peer, encodeEntries([address('web', '10.2.2.1')]), 0)
    names.reach(new Set([peer]), 0)
    expect(dataOf(names, 'web', 'A', { random: () => 0 })).toEqual(['10.2.2.1', '10.2.1.1'])
    expect(dataOf(names, 'web', 'A', { random: () => 0.9 })).toEqual(['10.2.1.1', '10.2.2.1'])
    expect(dataOf(names, 'web', 'A', { nearestFirst: true })).toEqual(['10.2.1.1', '10.2.2.1'])
  })

  it('of a lost peer are answered, marked, for an hour, and only where nobody in reach has them', () => {
    const names = withNames(address('web', '10.2.1.1'))
    names.heard(peer, encodeEntries([address('web', '10.2.2.1'), address('db', '10.2.2.2')]), 0)
    names.reach(new Set([peer]), 0)
    names.reach(new Set(), 1_000)
    expect(dataOf(names, 'web', 'A')).toEqual(['10.2.1.1'])
    expect(answerFor(names, { name: 'db', type: 'A' }, options)).toMatchObject({ isStale: true })
    names.advance(999 + STALE_MS)
    expect(dataOf(names, 'db', 'A')).toEqual(['10.2.2.2'])
    names.advance(1_000 + STALE_MS)
    expect(dataOf(names, 'db', 'A')).toEqual([])
  })

  it('of containers that fail their health check are answered only where there are no others', () => {
    const names = withNames(address('web', '10.2.1.1'), { ...address('web', '10.2.1.2'), id: 'd' })
    names.judge('c', false)
    expect(dataOf(names, 'web', 'A')).toEqual(['10.2.1.2'])
    names.judge('d', false)
    expect(dataOf(names, 'web', 'A')).toHaveLength(2)
    names.judge('c', true)
    expect(dataOf(names, 'web', 'A')).toEqual(['10.2.1.1'])
  })

  it('with addresses in the space of another peer than their own stand behind all others', () => {
    const stranger = '02:00:00:00:00:03' as PeerName
    const isAnothers = (publisher: PeerName, text: string) => text === '10.2.2.1' && publisher !== peer
    const names = new Names({ self, stored: undefined, addresses: { isAnothers, isRefused: () => false } })
    names.heard(stranger, encodeEntries([address('web', '10.2.2.1'), address('trap', '10.2.2.1')]), 0)
    expect(dataOf(names, 'web.weave.local', 'A')).toEqual(['10.2.2.1'])
    names.heard(peer, encodeEntries([address('web', '10.2.2.7'), address('db', '10.2.2.1')]), 0)
    expect(dataOf(names, 'web.weave.local', 'A')).toEqual(['10.2.2.7'])
    expect(names.findAddress('10.2.2.1').map(({ name }) => name)).toEqual(['db.weave.local'])
  })

  it('for what is surely another host’s are answered to nobody, listed as refused, and told once', () => {
    const addresses = { isAnothers: () => true, isRefused: (_: PeerName, text: string) => text === '10.2.2.1' }
    const names = new Names({ self, stored: undefined, addresses })
    const lies = encodeEntries([address('trap', '10.2.2.1'), address('web', '10.2.2.1'), address('web', '192.0.2.7')])
    names.heard(peer, lies, 0)
    expect(dataOf(names, 'trap', 'A')).toEqual([])
    expect(dataOf(names, 'web', 'A')).toEqual(['192.0.2.7'])
    expect(names.findAddress('10.2.2.1')).toEqual([])
    expect(names.all.map(({ isRefused }) => isRefused === true)).toEqual([true, true, false])
    expect(names.deadline).toBe(REVIEW_MS)
    names.heard(peer, lies, REVIEW_MS - 1)
    expect(refusalsAt(names, REVIEW_MS - 1)).toEqual([])
    expect(refusalsAt(names, REVIEW_MS)).toEqual([
      { kind: 'refused', peer, reason: 'names for addresses of another host' },
    ])
    names.heard(peer, lies, REVIEW_MS)
    expect(refusalsAt(names, 2 * REVIEW_MS)).toEqual([])
    names.heard(peer, encodeEntries([address('web', '192.0.2.7')]), 2 * REVIEW_MS)
    expect(refusalsAt(names, 3 * REVIEW_MS)).toEqual([])
    names.heard(peer, lies, 3 * REVIEW_MS)
    expect(refusalsAt(names, 4 * REVIEW_MS)).toHaveLength(1)
    expect(names.deadline).toBe(Number.POSITIVE_INFINITY)
  })

  it('for another host’s addresses are told of also when they are taken back before each look', () => {
    let isRefused = true
    const addresses = {
      isAnothers: () => true,
      isRefused: (_: PeerName, text: string) => isRefused && text === '10.2.2.1',
    }
    const names = new Names({ self, stored: undefined, addresses })
    const lies = encodeEntries([address('trap', '10.2.2.1')])
    const lieUntil = (next: Uint8Array | undefined, from: number) => {
      names.heard(peer, lies, from)
      names.heard(peer, next, from + 1)
      return refusalsAt(names, from + REVIEW_MS)
    }
    expect(lieUntil(encodeEntries([]), 0)).toHaveLength(1)
    expect(lieUntil(encodeEntries([]), REVIEW_MS)).toEqual([])
    names.heard(peer, encodeEntries([]), 2 * REVIEW_MS)
    expect(lieUntil(encodeEntries([address('web', '192.0.2.7')]), 2 * REVIEW_MS)).toHaveLength(1)
    names.heard(peer, undefined, 3 * REVIEW_MS)
    expect(lieUntil(undefined, 3 * REVIEW_MS)).toEqual([])
    expect(names.deadline).toBe(Number.POSITIVE_INFINITY)
    names.heard(peer, lies, 4 * REVIEW_MS)
    names.heard(peer, encodeEntries([]), 4 * REVIEW_MS)
    isRefused = false
    expect(refusalsAt(names, 5 * REVIEW_MS)).toEqual([])
  })

  it('of this host are answered to itself, whatever their address', () => {
    const addresses = { isAnothers: () => true, isRefused: () => true }
    const names = new Names({ self, stored: undefined, addresses })
    names.add(address('web', '10.2.2.1'))
    expect(dataOf(names, 'web', 'A')).toEqual(['10.2.2.1'])
  })

  it('are refused one by one: what else there is of the name is answered, whoever says what', () => {
    const entry = fc.record({ label: fc.constantFrom('a', 'b'), last: fc.integer({ min: 0, max: 7 }) })
    const bodies = fc.dictionary(fc.constantFrom(...OTHERS), fc.array(entry, { maxLength: 6 }))
    const lies = fc.uniqueArray(fc.tuple(fc.constantFrom(...OTHERS), fc.integer({ min: 0, max: 7 })).map(String))
    fc.assert(
      fc.property(bodies, lies, fc.subarray([...OTHERS]), (heard, refused, reached) => {
        const isRefused = (publisher: PeerName, text: string) => refused.includes(`${publisher},${text.slice(-1)}`)
        const names = new Names({ self, stored: undefined, addresses: { isAnothers: () => false, isRefused } })
        for (const [publisher, entries] of Object.entries(heard)) {
          const told = entries.map(({ label, last }) => address(label, `10.2.2.${last}`))
          names.heard(publisher as PeerName, encodeEntries(told), 0)
        }
        names.reach(new Set(reached), 0)
        for (const label of ['a', 'b']) {
          const found = names.find(`${label}.weave.local`)
          const isTrue = ([publisher, entries]: [string, readonly { label: string; last: number }[]]) =>
            entries.some(one => one.label === label && !refused.includes(`${publisher},${one.last}`))
          expect(found.length > 0).toBe(Object.entries(heard).some(isTrue))
          expect(found.filter(({ peer, data }) => data.kind === 'address' && isRefused(peer, data.address))).toEqual([])
        }
      }),
    )
  })

  it('that one peer has addresses for are no aliases because another says so', () => {
    const names = new Names({ self, stored: undefined })
    names.heard(peer, encodeEntries([address('web', '10.2.1.1')]), 0)
    const alias: Entry = { id: 'c', name: 'web.weave.local', data: { kind: 'cname', target: 'trap.weave.local' } }
    names.heard('02:00:00:00:00:03' as PeerName, encodeEntries([alias, address('trap', 'fd00::7')]), 0)
    expect(dataOf(names, 'web.weave.local', 'AAAA')).toEqual([])
    expect(dataOf(names, 'web.weave.local', 'A')).toEqual(['10.2.1.1'])
  })

  it('are told with their mark, once for each change, and later ones of the container bear it too', () => {
    const names = withNames(address('web', '10.2.1.1'))
    names.drain()
    for (let times = 0; times < 3; times++) names.judge('c', false)
    names.judge('nobody', false)
    expect(names.drain().filter(output => output.kind === 'publish')).toHaveLength(1)
    names.add(address('www', '10.2.1.1'))
    expect(names.own.map(entry => entry.isUnhealthy)).toEqual([true, true])
    const heard = new Names({ self: peer, stored: undefined })
    heard.heard(self, encodeEntries(names.own), 0)
    heard.reach(new Set([self]), 0)
    expect(heard.find('www.weave.local')).toMatchObject([{ isUnhealthy: true }])
  })

  it('above others are there, without an answer', () => {
    const names = withNames(address('a.b.c', '10.2.1.1'))
    for (const name of ['b.c.weave.local', 'C.weave.local']) {
      expect(answerFor(names, { name, type: 'A' }, options)).toMatchObject({ kind: 'found', records: [] })
    }
    expect(answerFor(names, { name: 'a.c.weave.local', type: 'A' }, options)).toEqual({ kind: 'unknown' })
  })

  it('end with what their peer publishes, and outlive their own router', () => {
    const names = withNames(address('web', '10.2.1.1'))
    const stored = names.drain().flatMap(output => (output.kind === 'store' ? [output.text] : []))
    expect(dataOf(new Names({ self, stored: stored.at(-1) }), 'web', 'A')).toEqual(['10.2.1.1'])
    names.heard(peer, encodeEntries([address('db', '10.2.2.2')]), 0)
    names.heard(peer, encodeEntries([]), 0)
    expect(dataOf(names, 'db', 'A')).toEqual([])
    expect(names.remove(entry => entry.id === 'c')).toBe(1)
    expect(dataOf(names, 'web', 'A')).toEqual([])
  })

  it('are limited in number by what can be told', () => {
    const names = new Names({ self, stored: undefined })
    let count = 0
    while (names.add(address(`n${count}`, '10.2.1.1')) && count < 5_000) count++
    expect(count).toBeLessThan(5_000)
    expect(names.hasRoomFor(address(`n${count}`, '10.2.1.1'))).toBe(false)
    expect(names.hasRoomFor(address('n0', '10.2.1.1'))).toBe(true)
    expect(encodeEntries(names.own).length).toBeLessThanOrEqual(BODY_BYTES_MAX)
    names.judge('c', false)
    expect(names.own.every(({ isUnhealthy }) => isUnhealthy)).toBe(true)
    expect(encodeEntries(names.own).length).toBeLessThanOrEqual(BODY_BYTES_MAX)
  })

  it.each<[string, Partial<Entry>, string | undefined]>([
    ['an id of 128 characters', { id: 'c'.repeat(128) }, undefined],
    ['a longer one', { id: 'c'.repeat(129) }, 'an id has 128 characters at most, and no blanks'],
    ['an id of two lines', { id: 'c\nweb 10.2.9.9' }, 'an id has 128 characters at most, and no blanks'],
    ['a text of 255 bytes', { data: { kind: 'txt', text: `a${'é'.repeat(127)}` } }, undefined],
    ['a longer one', { data: { kind: 'txt', text: 'é'.repeat(128) } }, 'a text has 255 bytes at most'],
    ['an alias of no name', { data: { kind: 'cname', target: 'a b' } }, "'a b' is not a name that DNS can carry"],
    [
      'a service at no port',
      { data: { kind: 'srv', priority: 1, weight: 1, port: 65_536, target: 'db.weave.local' } },
      'a number is not from 0 to 65535',
    ],
  ])('with %s are judged alike where they are given and by others', (_, part, problem) => {
    const entry = { ...address('web', '10.2.1.1'), ...part }
    expect(entryProblem(entry)).toBe(problem)
    expect(decodeEntries(encodeEntries([entry])).ok).toBe(problem === undefined)
  })

  it('in a reverse zone stand for addresses', () => {
    expect(reversedAddress('4.3.2.10.in-addr.arpa')).toBe('10.2.3.4')
    expect(reversedAddress(`${'1.'.repeat(1)}${'0.'.repeat(29)}d.f.ip6.arpa`)).toBe('fd00::1')
    expect(reversedAddress('x.in-addr.arpa')).toBeUndefined()
    expect(dataOf(withNames(address('web', '10.2.1.1')), '1.1.2.10.in-addr.arpa', 'PTR')).toEqual(['web.weave.local'])
  })

  it('from the network that are anything else are refused, never thrown at', () => {
    fc.assert(fc.property(fc.uint8Array(), bytes => void decodeEntries(bytes)))
    for (const entry of [{}, { id: 1 }, { id: 'c', name: 'a b', data: { kind: 'txt', text: '' } }, null]) {
      expect(decodeEntries(new TextEncoder().encode(JSON.stringify({ format: 1, entries: [entry] }))).ok).toBe(false)
    }
    expect(isDomainName(`${'a'.repeat(64)}.weave.local`)).toBe(false)
  })
})

/** What is told to be counted, by then. */
function refusalsAt(names: Names, now: number) {
  names.advance(now)
  return names.drain().filter(output => output.kind === 'refused')
}

function withNames(...entries: readonly Entry[]): Names {
  const names = new Names({ self, stored: undefined })
  for (const entry of entries) names.add(entry)
  return names
}

function address(name: string, text: string): Entry {
  return { id: 'c', name: `${name}.weave.local`, data: { kind: 'address', address: text } }
}

function dataOf(names: Names, name: string, type: string, special: Partial<typeof options> = {}): readonly unknown[] {
  const answer = answerFor(names, { name, type }, { ...options, ...special })
  return answer.kind === 'found' ? answer.records.map(record => record.data) : []
}
