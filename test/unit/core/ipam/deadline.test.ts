import type { IpamOptions } from '../../../../src/core/ipam/api.ts'
import { Ipam } from '../../../../src/core/ipam/ipam.ts'
import { rangeOf } from '../../../../src/core/ipam/range.ts'
import { nameOf, network } from '../../../simulation/address-world.ts'

const SUBNET = network('10.32.0.0/16')
const [self, other] = [nameOf(1), nameOf(2)]

describe('the deadline of the address allocator', () => {
  it('is kept until it is met, however late and often it is asked for', () => {
    const ipam = started()
    allocate(ipam, 0)
    const at = ipam.deadline(0)
    expect(at).toBeGreaterThan(0)
    expect(ipam.deadline(at - 1)).toBe(at)
    expect(ipam.deadline(at)).toBe(at)
  })

  it('brings an answer soon after a restart, long before the request’s time is over', () => {
    const ipam = started()
    allocate(ipam, 0)
    let answeredAt = Number.POSITIVE_INFINITY
    for (let now = 0; now < 60_000 && answeredAt === Number.POSITIVE_INFINITY; now += 100) {
      if (ipam.deadline(now) <= now) ipam.advance(now)
      if (ipam.drain().some(output => output.kind === 'answer' && output.answer.kind === 'address')) answeredAt = now
    }
    expect(answeredAt).toBeLessThan(10_000)
  })

  it('ends the wait for the first owner with what it was for (API-16, CLI-19)', () => {
    const ipam = alone({ initial: { kind: 'consensus', expected: 3 } })
    ipam.handle({ kind: 'prime', ticket: 7, timeoutMs: 60_000 }, 0)
    const heard = (now: number) => {
      ipam.advance(now)
      return ipam.drain().flatMap(output => (output.kind === 'answer' ? [output] : []))
    }
    expect(heard(59_999)).toEqual([])
    expect(heard(60_000)).toEqual([
      {
        kind: 'answer',
        ticket: 7,
        answer: { kind: 'refused', reason: expect.stringContaining('2 routers to be in contact, of which 1 are') },
      },
    ])
  })
})

function alone(options: Partial<IpamOptions>): Ipam {
  const rest = { reserved: [], order: 'highest', stored: undefined, now: 0 } as const
  return new Ipam({ self, universe: [SUBNET], commons: [], initial: { kind: 'manifest' }, ...rest, ...options })
}

/** One of two members, with its home in use since an earlier life, that has just found the other again. */
function started(): Ipam {
  const homes = [
    { name: self, home: [rangeOf(network('10.32.1.0/24'))] },
    { name: other, home: [rangeOf(network('10.32.2.0/24'))] },
  ]
  const begin = (stored: string | undefined) => {
    const ipam = alone({ stored })
    ipam.handle({ kind: 'members', members: homes }, 0)
    ipam.handle({ kind: 'reachable', peers: new Set([other]) }, 0)
    return ipam
  }
  const first = begin(undefined)
  first.advance(60_000)
  const stored = first.drain().flatMap(output => (output.kind === 'store' ? [output.text] : []))
  return begin(stored.at(-1))
}

function allocate(ipam: Ipam, now: number): void {
  ipam.handle({ kind: 'allocate', ticket: 1, id: 'a', subnet: SUBNET, timeoutMs: 60_000 }, now)
}
