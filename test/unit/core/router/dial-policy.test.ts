import { Link } from '../../../../src/core/mesh/link.ts'
import { DialPolicy, LINKS_WANTED } from '../../../../src/core/router/dial-policy.ts'
import { AddressBook } from '../../../../src/core/router/discovery.ts'
import { Neighbours } from '../../../../src/core/router/neighbours.ts'

const FAR = { ip: '192.0.2.9', port: 6783 }

describe('the dial policy', () => {
  it('dials half of what is lacking at one time: the other half comes from those who dial here', () => {
    expect(policyWith(0, 0).dialsMax).toBe(LINKS_WANTED / 2)
    expect(policyWith(3, 0).dialsMax).toBe(Math.ceil((LINKS_WANTED - 3) / 2))
    expect(policyWith(LINKS_WANTED - 1, 0).dialsMax).toBe(1)
  })

  it('never dials for more links than the operator allows', () => {
    expect(policyWith(0, 2).dialsMax).toBe(2)
    expect(policyWith(1, 2).dialsMax).toBe(1)
    expect(policyWith(2, 2).dialsMax).toBe(0)
    expect(policyWith(5, 2).dialsMax).toBe(0)
  })

  it('takes no link beyond what the operator allows, though the peer cannot be reached otherwise', () => {
    expect(policyWith(2, 2).isSpare(99)).toBe(true)
    expect(policyWith(1, 2).isSpare(99)).toBe(false)
    expect(policyWith(5, 0).isSpare(99)).toBe(false)
  })
})

function policyWith(links: number, linksMax: number): DialPolicy {
  const neighbours = new Neighbours(1)
  for (let i = 0; i < links; i++) {
    const link = new Link({ id: i, direction: 'outbound', remote: { ...FAR, port: 7000 + i }, now: 0 })
    link.greet(i + 2, 1n, FAR, 0)
    neighbours.add(link)
    neighbours.promote(link)
  }
  const cluster = { isReachable: () => false, hostCount: () => 30, linkCountOf: () => 0 }
  return new DialPolicy({ self: 1, linksMax, addresses: new AddressBook(), neighbours, ...cluster })
}
