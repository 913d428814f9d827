import { type AddressHost, onNetwork } from './address-world.ts'
import { SUBNET, startInContact } from './hosts-in-contact.ts'

const MINUTE = 60_000
const HOME_SIZE = 64
const KEPT = HOME_SIZE / 8

describe('a member that asks for space again and again', () => {
  const { world, greedy, others } = start()
  const asked = Array.from({ length: 5 * HOME_SIZE }, (_, i) => world.allocate(greedy, `g${i}`, SUBNET, 10 * MINUTE))
  world.run(10 * MINUTE)
  const given = asked.filter(ticket => world.answers.get(ticket)?.kind === 'address').length

  it('gets what it needs, up to seven eighths of the range of each of the others', () => {
    expect(given).toBe(HOME_SIZE + others.length * (HOME_SIZE - KEPT))
  })

  it('is told soon that no more is to be had', () => {
    const ticket = world.allocate(greedy, 'one more', SUBNET, 10 * MINUTE)
    world.run(10_000)
    expect(world.answers.get(ticket)).toMatchObject({ reason: `no address is free in ${SUBNET}: all are in use` })
  })

  it('leaves each of the others addresses of its own range', () => {
    for (const host of others) {
      const tickets = Array.from({ length: KEPT }, (_, k) => world.allocate(host, `own${k}`, SUBNET))
      world.run(1_000)
      expect(tickets.map(ticket => world.answers.get(ticket)?.kind)).toEqual(new Array(KEPT).fill('address'))
    }
    expect(world.violations).toEqual([])
    expect(world.survey().doubled).toBe(0n)
  })
})

describe('a member that claims the addresses of another one by one', () => {
  it('leaves it some', () => {
    const { world, greedy, others } = start()
    const [owner] = others as [AddressHost]
    for (let i = 0; i < HOME_SIZE; i++) {
      const address = onNetwork(`10.0.2.${i}/16`)
      world.tell(greedy, { kind: 'claim', ticket: 5_000 + i, id: `g${i}`, address, timeoutMs: MINUTE })
    }
    world.run(2 * MINUTE)
    const claimed = Array.from({ length: HOME_SIZE }, (_, i) => world.answers.get(5_000 + i)?.kind)
    expect(claimed.filter(kind => kind === 'address')).toHaveLength(HOME_SIZE - KEPT)
    const ticket = world.allocate(owner, 'own', homeOf(2))
    world.run(1_000)
    expect(world.answers.get(ticket)).toMatchObject({ kind: 'address' })
  })
})

/** Five hosts, of which the first asks. */
function start() {
  const homes = Array.from({ length: 5 }, (_, i) => homeOf(i + 1))
  const { world, hosts } = startInContact(homes, 5)
  const [greedy, ...others] = hosts as [AddressHost, ...AddressHost[]]
  return { world, greedy, others }
}

function homeOf(number: number): string {
  return `10.0.${number}.0/26`
}
