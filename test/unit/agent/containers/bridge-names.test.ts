import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { BridgeNames } from '../../../../src/agent/containers/bridge-names.ts'
import { GivenNames } from '../../../../src/agent/containers/given-names.ts'
import { type ContainerDetails, readDetails } from '../../../../src/agent/docker/docker-shapes.ts'
import type { AddressSource } from '../../../../src/agent/http/address-client.ts'
import { NetworkStore } from '../../../../src/agent/plugin/network-store.ts'
import { formatIpAddress, parseIpNetwork } from '../../../../src/base/ip-address.ts'
import { onNetwork } from '../../../simulation/address-world.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const ID = 'ab'.repeat(32)
const [OURS, OTHERS] = ['cd'.repeat(32), 'ef'.repeat(32)]
const DUAL = { IPAddress: '10.4.0.1', GlobalIPv6Address: 'fd01::1' }

const root = useTemporaryFolder()

describe('names for containers of Docker (Weave rows DNS-09, PLG-05)', () => {
  it('are given for addresses of the overlay, whatever network of Docker has them', async () => {
    expect(await namesFor({ NetworkID: OTHERS, IPAddress: '10.2.1.1' })).toEqual(['c1.weave.local 10.2.1.1'])
  })

  it('are given on a network of the plugin, whatever its subnet is, IPv6 too', async () => {
    expect(await namesFor({ NetworkID: OURS, ...DUAL })).toEqual(['c1.weave.local 10.4.0.1', 'c1.weave.local fd01::1'])
  })

  it('are not given for addresses that the overlay does not reach', async () => {
    expect(await namesFor({ NetworkID: OTHERS, ...DUAL })).toEqual([])
    expect(await namesFor({ NetworkID: OURS, IPAddress: '' })).toEqual([])
  })

  it('follow the container from network to network, and are not given to one that has ended meanwhile', async () => {
    const [first, second] = [
      { NetworkID: OTHERS, IPAddress: '10.2.1.1' },
      { NetworkID: OURS, IPAddress: '10.4.0.1' },
    ]
    const { names, given } = namesOn(
      () => undefined,
      [containerOn(first), containerOn(first, second), containerOn(second), ENDED],
    )
    for (let event = 0; event < 4; event++) await names.add(ID)
    expect(given).toEqual([
      'c1.weave.local 10.2.1.1',
      'c1.weave.local 10.2.1.1',
      'c1.weave.local 10.4.0.1',
      '- 10.2.1.1',
      'c1.weave.local 10.4.0.1',
    ])
  })

  it('come again when a person gave them, for the address that was named or for all', async () => {
    const names = await namesFor({ NetworkID: OURS, IPAddress: '10.4.0.1' }, given => {
      for (let again = 0; again < 2; again++) given.add(ID, 'db.weave.local', [])
      given.add(ID, 'one.weave.local', ['10.9.9.9', '10.9.9.8'])
      given.add(ID, 'gone.weave.local', [])
      given.remove(ID, 'gone.weave.local', [])
      given.remove(ID, 'one.weave.local', ['10.9.9.8'])
    })
    expect(names).toEqual([
      'c1.weave.local 10.4.0.1',
      'db.weave.local 10.4.0.1',
      'db.weave.local 10.7.0.1',
      'one.weave.local 10.9.9.9',
    ])
  })

  it('are taken away when their container ended while nobody listened, and nobody else’s are', async () => {
    const running = containerOn({ IPAddress: '10.2.1.5' })
    const gone = 'b'.repeat(64)
    const { names, given } = namesOn(() => undefined, [running, ENDED], [ID, 'weave:extern', gone])
    await names.prune()
    expect(given).toEqual(['- undefined'])
  })

  it('are kept by a person’s word until the container is removed, or all are taken away', () => {
    const given = new GivenNames(folder())
    given.add(ID, 'db.weave.local', [])
    expect(given.ids()).toEqual([ID])
    given.remove(ID, undefined, [])
    expect([given.ids(), given.of(ID)]).toEqual([[], []])
    given.add(ID, 'db.weave.local', ['10.4.0.1'])
    given.forget(ID)
    expect(given.ids()).toEqual([])
  })
})

const ENDED = readDetails({ Id: ID, Name: '/c1' })

function containerOn(...networks: readonly object[]): ContainerDetails {
  const Networks = Object.fromEntries(networks.map((network, i) => [`net${i}`, network]))
  return readDetails({ Id: ID, Name: '/c1', State: { Running: true }, NetworkSettings: { Networks } })
}

async function namesFor(network: object, give = (_: GivenNames): void => undefined): Promise<readonly string[]> {
  const { names, given } = namesOn(give, [containerOn(network)])
  await names.add(ID)
  return given
}

/** `states`: what Docker says of the container, one time after the other. */
function namesOn(
  give: (names: GivenNames) => void,
  states: readonly ContainerDetails[],
  owners: readonly string[] = [],
) {
  const networks = new NetworkStore(folder())
  const ofPeople = new GivenNames(folder())
  give(ofPeople)
  networks.save(OURS, { multicast: false })
  const given: string[] = []
  const addresses: Pick<AddressSource, 'domains' | 'addName' | 'removeNames' | 'leases' | 'nameOwners'> = {
    domains: async () => ['weave.local'],
    nameOwners: async () => owners,
    leases: async () => [onNetwork('10.7.0.1/24')],
    addName: async (_, { address }, fqdn) => void given.push(`${fqdn} ${formatIpAddress(address)}`),
    removeNames: async (_, gone) => void given.push(`- ${gone && formatIpAddress(gone.address)}`),
  }
  const overlay = parseIpNetwork('10.2.0.0/16')
  if (!overlay.ok) throw new Error(overlay.error)
  const told = [...states]
  const names = new BridgeNames({
    docker: { find: async () => told.shift() },
    networks,
    given: ofPeople,
    reached: () => [overlay.value],
    addresses: addresses as AddressSource,
  })
  return { names, given }
}

function folder(): string {
  return mkdtempSync(join(root(), 'names-'))
}
