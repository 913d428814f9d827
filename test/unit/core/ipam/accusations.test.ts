import { type AddressBody, decodeAddressBody, EPOCH_MAX } from '../../../../src/core/ipam/body.ts'
import { rangeOf } from '../../../../src/core/ipam/range.ts'
import { type AddressHost, network } from '../../../simulation/address-world.ts'
import { claimOf, falseBodyOf } from '../../../simulation/false-bodies.ts'
import { SUBNET, startWithLiar } from '../../../simulation/hosts-in-contact.ts'

const STEP_MS = 10

describe('a member that claims all addresses', () => {
  it('is accused by all for as long as it goes on, also once its claim counts for nothing, and no longer', () => {
    const { world, owner, liar, others } = startWithLiar(4)
    const honest = [owner, ...others]
    world.publishAs(liar, falseBodyOf({ claims: [claimOf(rangeOf(network(SUBNET)), EPOCH_MAX)] }))
    const changes = honest.map(() => 0)
    let accusing = honest.map(() => false)
    for (let passedMs = 0; passedMs < 60_000; passedMs += STEP_MS) {
      world.run(STEP_MS)
      const now = honest.map(host => bodyOf(host).denials.length > 0)
      for (const i of changes.keys()) if (now[i] !== accusing[i]) changes[i] = (changes[i] ?? 0) + 1
      accusing = now
    }
    expect(changes).toEqual([1, 1, 1])
    world.publishAs(liar, falseBodyOf({ serial: 2_000_000, claims: [] }))
    world.run(60_000)
    expect(honest.map(host => bodyOf(host).denials)).toEqual([[], [], []])
  })
})

/** What it has published last. */
function bodyOf(host: AddressHost): AddressBody {
  const body = decodeAddressBody(host.heard.get(host.name)?.body ?? new Uint8Array(0))
  if (!body.ok) throw new Error(body.error)
  return body.value
}
