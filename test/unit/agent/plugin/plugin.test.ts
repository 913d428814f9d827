import { request } from 'node:http'
import { join } from 'node:path'
import { ipamDriver, parsePool } from '../../../../src/agent/plugin/ipam-driver.ts'
import { NetworkStore } from '../../../../src/agent/plugin/network-store.ts'
import { createPlugin, weaveNetwork } from '../../../../src/agent/plugin/plugin.ts'
import {
  formatIpAddress,
  formatIpNetwork,
  formatIpOnNetwork,
  type IpNetwork,
  type IpOnNetwork,
  parseIpNetwork,
  parseIpOnNetwork,
} from '../../../../src/base/ip-address.ts'
import { acceptedBy } from '../../base/outcome.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const address = (text: string) => acceptedBy(parseIpOnNetwork(text))

/** Says what it was asked for; has one address to give. */
class FakeAddresses {
  readonly asked: string[] = []

  async allocate(id: string, subnet: IpNetwork | undefined): Promise<IpOnNetwork> {
    this.asked.push(`allocate ${id} ${subnet && formatIpNetwork(subnet)}`)
    return address('10.4.1.1/24')
  }

  async claim(id: string, wanted: IpOnNetwork): Promise<void> {
    this.asked.push(`claim ${id} ${formatIpOnNetwork(wanted)}`)
  }

  async release(id: string, freed?: IpOnNetwork): Promise<void> {
    this.asked.push(`release ${id} ${freed === undefined ? 'all' : formatIpOnNetwork(freed)}`)
  }

  async defaultSubnet() {
    return acceptedBy(parseIpNetwork('10.32.0.0/12'))
  }
}

describe('the IPAM driver', () => {
  const call = (name: string, body: object, addresses = new FakeAddresses(), held = '') => {
    const holderOf = (address: bigint) => (formatIpAddress(address) === held ? 'vethwl123456789' : undefined)
    const answer = ipamDriver(addresses, { holderOf })[`IpamDriver.${name}`]
    if (answer === undefined) throw new Error(name)
    return answer(body as Record<string, unknown>)
  }

  it('gives the default subnet where none is named, with a gateway that costs no address', async () => {
    expect(await call('RequestPool', { Pool: '', SubPool: '' })).toEqual({
      PoolID: 'weave-10.32.0.0/12-10.32.0.0/12',
      Pool: '10.32.0.0/12',
      Data: { 'com.docker.network.gateway': '10.32.0.0/12' },
    })
  })

  it('chooses from the part of the subnet that was named, with the prefix length of the subnet', async () => {
    const { PoolID } = (await call('RequestPool', { Pool: '10.4.0.0/16', SubPool: '10.4.1.0/24' })) as {
      PoolID: string
    }
    const addresses = new FakeAddresses()
    expect(await call('RequestAddress', { PoolID, Address: '' }, addresses)).toEqual({
      Address: '10.4.1.1/16',
      Data: {},
    })
    expect(await call('ReleaseAddress', { PoolID, Address: '10.4.1.1' }, addresses)).toEqual({})
    expect(addresses.asked).toEqual(['allocate _ 10.4.1.0/24', 'release _ 10.4.1.1/16'])
  })

  it('claims an address that was named, but not that of a gateway', async () => {
    const addresses = new FakeAddresses()
    const PoolID = 'weave-10.4.0.0/16-10.4.0.0/16'
    const options = { RequestAddressType: 'com.docker.network.gateway' }
    await call('RequestAddress', { PoolID, Address: '10.4.0.254', Options: options }, addresses)
    expect(addresses.asked).toEqual([])
    await call('RequestAddress', { PoolID, Address: '10.4.0.7' }, addresses)
    expect(addresses.asked).toEqual(['claim _ 10.4.0.7/16'])
  })

  it('has pools of IPv6 too', async () => {
    const { PoolID } = (await call('RequestPool', { Pool: 'fd01::/64', V6: true })) as { PoolID: string }
    const addresses = new FakeAddresses()
    expect(await call('RequestAddress', { PoolID, Address: 'fd01::7' }, addresses)).toMatchObject({
      Address: 'fd01::7/64',
    })
    expect(addresses.asked).toEqual(['claim _ fd01::7/64'])
  })

  it('gives nobody an address that a container has, and keeps it when the one that was refused gives it back', async () => {
    const addresses = new FakeAddresses()
    const body = { PoolID: 'weave-10.4.0.0/16-10.4.0.0/16', Address: '10.4.0.7' }
    await expect(call('RequestAddress', body, addresses, '10.4.0.7')).rejects.toThrow('is in use by another container')
    expect(await call('ReleaseAddress', body, addresses, '10.4.0.7')).toEqual({})
    expect(addresses.asked).toEqual([])
  })

  it.each([
    ['RequestPool', { Pool: '', V6: true }],
    ['RequestPool', { Pool: '10.4.0.0/16', SubPool: '10.5.0.0/24' }],
    ['RequestPool', { Pool: '10.4.0.1/16' }],
    ['RequestAddress', { PoolID: 'weave-10.4.0.0/16-10.4.0.0/16', Address: '10.5.0.1' }],
    ['RequestAddress', { PoolID: 'other', Address: '10.5.0.1' }],
    ['ReleaseAddress', { PoolID: 'weave-10.4.0.0/16-10.4.0.0/16', Address: 'x' }],
  ])('refuses %s of %j', async (name, body) => {
    await expect(Promise.resolve().then(() => call(name, body))).rejects.toThrow(/\w/)
  })

  it('knows its own pools only', () => {
    expect(() => parsePool('weave-10.4.0.0/16-../../etc')).toThrow('no pool of this driver')
  })
})

describe('the plugin on its socket', () => {
  const folder = useTemporaryFolder()
  const log = { write: () => undefined, level: 'info' } as never
  const guard = { admit: async () => undefined, release: async () => undefined, holderOf: () => undefined }

  async function post(path: string, body: string): Promise<{ code: number; json: unknown }> {
    const socketPath = join(folder(), 'run/docker/plugins/weavemesh.sock')
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath, path, method: 'POST' }, async response => {
        let text = ''
        for await (const part of response.setEncoding('utf8')) text += part
        resolve({ code: response.statusCode ?? 0, json: JSON.parse(text) })
      })
      asked.on('error', reject).end(body)
    })
  }

  it('says what it is, answers what it knows, and explains what it does not', async () => {
    const place = { root: folder(), stateFolder: folder(), bridge: 'weave' }
    const plugin = createPlugin({ ...place, addresses: new FakeAddresses(), guard, log })
    await plugin.listen()
    expect(await post('/Plugin.Activate', '')).toEqual({
      code: 200,
      json: { Implements: ['NetworkDriver', 'IpamDriver'] },
    })
    expect(await post('/NetworkDriver.GetCapabilities', '{}')).toMatchObject({ code: 200, json: { Scope: 'local' } })
    expect(await post('/NetworkDriver.Fly', '{}')).toMatchObject({
      code: 404,
      json: { Err: expect.stringContaining('Fly') },
    })
    expect(await post('/IpamDriver.RequestPool', '{')).toMatchObject({ code: 500 })
    expect(await post('/IpamDriver.RequestPool', '[1]')).toMatchObject({ code: 200 })
    expect(await post('/NetworkDriver.Join', '{"EndpointID":"../../x"}')).toMatchObject({ code: 500 })
    expect(await post('/NetworkDriver.CreateNetwork', '{"NetworkID":"../x"}')).toMatchObject({ code: 500 })
    plugin.close()
  })

  it('hears a call to its end before it refuses what is too large', async () => {
    const place = { root: folder(), stateFolder: folder(), bridge: 'weave' }
    const plugin = createPlugin({ ...place, addresses: new FakeAddresses(), guard, log })
    await plugin.listen()
    const Err = 'the request has more than 1048576 bytes'
    expect(await post('/NetworkDriver.Join', ' '.repeat(9_000_000))).toEqual({ code: 500, json: { Err } })
    plugin.close()
  })

  it('remembers which networks want multicast, until they go', async () => {
    const place = { root: folder(), stateFolder: folder(), bridge: 'weave' }
    const plugin = createPlugin({ ...place, addresses: new FakeAddresses(), guard, log })
    await plugin.listen()
    const Options = { 'com.docker.network.generic': { 'works.weave.multicast': 'true' } }
    const store = new NetworkStore(folder())
    await post('/NetworkDriver.CreateNetwork', JSON.stringify({ NetworkID: 'ab12', Options }))
    await post('/NetworkDriver.CreateNetwork', JSON.stringify({ NetworkID: 'cd34', Options: {} }))
    expect([store.load('ab12'), store.load('cd34')]).toEqual([{ multicast: true }, { multicast: false }])
    await post('/NetworkDriver.DeleteNetwork', JSON.stringify({ NetworkID: 'ab12' }))
    expect(store.load('ab12')).toEqual({ multicast: false })
    plugin.close()
  })

  it('comes with a network of its own', () => {
    expect(weaveNetwork(acceptedBy(parseIpNetwork('10.32.0.0/12')))).toMatchObject({
      Name: 'weave',
      Driver: 'weavemesh',
      IPAM: { Driver: 'weavemesh', Config: [{ Subnet: '10.32.0.0/12' }] },
    })
  })
})
