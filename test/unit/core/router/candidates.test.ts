import type { Endpoint } from '../../../../src/base/endpoint.ts'
import { candidatesOf, mostAtOneAddress } from '../../../../src/core/router/candidates.ts'
import { decodePunch, encodePunch } from '../../../../src/core/wire/punch.ts'
import { acceptedBy } from '../../base/outcome.ts'

const OWN = [at('10.0.0.1', 6783)]
const OUTSIDE = '192.0.2.1'

describe('where a router says that it can perhaps be reached', () => {
  it('is at its own addresses, then where most neighbours see it', () => {
    const seen = [at('192.0.2.7', 1), at(OUTSIDE, 2), at(OUTSIDE, 2)]
    expect(candidatesOf(OWN, seen)).toEqual([...OWN, at(OUTSIDE, 2), at('192.0.2.7', 1)])
  })

  it('is at two ports of one address at most, where most neighbours see it', () => {
    const seen = [at(OUTSIDE, 1), at(OUTSIDE, 2), at(OUTSIDE, 3), at(OUTSIDE, 3)]
    expect(candidatesOf([], seen)).toEqual([at(OUTSIDE, 3), at(OUTSIDE, 1)])
  })

  it('is at eight places at most', () => {
    const seen = Array.from({ length: 20 }, (_, i) => at(`192.0.2.${i}`, 1))
    expect(candidatesOf(OWN, seen)).toHaveLength(8)
  })
})

describe('how often candidates name one address', () => {
  it('is by the address, whatever its port and however it is written', () => {
    expect(mostAtOneAddress([])).toBe(1)
    expect(mostAtOneAddress([at('192.0.2.1', 1), at('192.0.2.2', 1)])).toBe(1)
    const candidates = [at('192.0.2.1', 1), at('::ffff:192.0.2.1', 2), at('::ffff:c000:201', 3), at('::1', 4)]
    const sides = { source: 1, destination: 2, bootId: 1n, sequence: 1, isReply: false, isSymmetric: false }
    const heard = acceptedBy(decodePunch(encodePunch({ ...sides, candidates })))
    expect(mostAtOneAddress(heard.candidates)).toBe(3)
  })
})

function at(ip: string, port: number): Endpoint {
  return { ip, port }
}
