import fc from 'fast-check'
import { formatIpNetwork, networkContains, parseIpNetwork } from '../../../src/base/ip-address.ts'
import { shareOf } from '../../../src/contract/added-ranges.ts'
import { acceptedBy } from '../base/outcome.ts'

const SUBNET = { subnet: '10.2.0.0/16' }

describe('the share that a host has of an added range', () => {
  it.each([
    ['10.9.0.0/16', 3, '10.9.3.0/24'],
    ['10.16.0.0/12', 3, '10.16.48.0/20'],
    ['10.9.8.0/22', 255, '10.9.11.252/30'],
    ['fd00:9::/64', 3, 'fd00:9:0:0:300::/72'],
  ])('of %s for number %i is %s', (range, shortId, expected) => {
    expect(textOf(range, shortId)).toBe(expected)
  })

  it.each([
    ['10.9.0.0/16', 256],
    ['10.9.0.0/25', 3],
  ])('of %s for number %i is none', (range, shortId) => {
    expect(textOf(range, shortId)).toBeUndefined()
  })

  it('overlaps that of no other host', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 24 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 2 }),
        (prefix, ids) => {
          const shares = ids.map(id => acceptedBy(parseIpNetwork(textOf(`10.0.0.0/${prefix}`, id) ?? '')))
          const [first, ...others] = shares
          return others.every(other => !networkContains(other, first?.network ?? 0n))
        },
      ),
    )
  })
})

function textOf(range: string, shortId: number): string | undefined {
  const host = { shortId, containerRange: `10.2.${shortId & 255}.0/24` }
  const share = shareOf(acceptedBy(parseIpNetwork(range)), SUBNET, host)
  return share === undefined ? undefined : formatIpNetwork(share)
}
