import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCall, requireContainer } from '../../../../src/agent/cni/cni-call.ts'
import { CniRecords } from '../../../../src/agent/cni/cni-records.ts'
import { formatResult } from '../../../../src/agent/cni/cni-result.ts'
import { setupCni } from '../../../../src/agent/cni/setup-cni.ts'
import { cniHostEnd } from '../../../../src/agent/cni/weave-net.ts'
import { parseIpOnNetwork } from '../../../../src/base/ip-address.ts'
import { acceptedBy } from '../../base/outcome.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const environment = { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'pod', CNI_NETNS: '/run/netns/pod', CNI_IFNAME: 'eth0' }
const parse = (config: object, more = {}) => parseCall({ ...environment, ...more }, JSON.stringify(config))

describe('a call of a container runtime', () => {
  it('is read with all that the plugin knows', () => {
    const call = parse(
      {
        cniVersion: '1.1.0',
        name: 'weave',
        hairpinMode: true,
        ipam: { type: 'weave-ipam', subnet: '10.2.1.0/24', gateway: '10.2.1.254', routes: [{ dst: '10.0.0.0/8' }] },
        runtimeConfig: { ips: ['10.2.1.7/24'] },
        prevResult: { ips: [{ address: '10.2.1.7/24' }] },
      },
      { CNI_ARGS: 'IgnoreUnknown=1;IP=10.2.1.8/24', CNI_PATH: '/a:/b' },
    )
    expect(call).toMatchObject({
      version: '1.1.0',
      network: 'weave',
      hairpin: true,
      path: ['/a', '/b'],
      ipamType: 'weave-ipam',
    })
    expect([call.subnet?.prefix, call.routes?.length, call.wishedAddresses.length]).toEqual([120, 1, 2])
    expect(call.previousAddresses).toHaveLength(1)
  })

  it.each([
    ['9.0.0', { cniVersion: '9.0.0' }, 1],
    ['isGateway', { isGateway: true }, 7],
    ['ipMasq', { ipMasq: true }, 7],
    ['a subnet with host bits', { ipam: { subnet: '10.2.1.1/24' } }, 7],
    ['a route to nowhere', { ipam: { routes: [{}] } }, 7],
  ])('with %s is refused', (_, config, code) => {
    expect(() => parse(config)).toThrow(expect.objectContaining({ code }))
  })

  it.each(['{', '7', 'null', '"x"'])('with the configuration %s is refused', text => {
    expect(() => parseCall(environment, text)).toThrow(expect.objectContaining({ code: 6 }))
  })

  it('must name container, device and namespace, but for DEL, which may come when the namespace is gone', () => {
    expect(() => requireContainer(parse({}, { CNI_CONTAINERID: '' }))).toThrow('CNI_CONTAINERID is not set')
    expect(() => requireContainer(parse({}, { CNI_IFNAME: '' }))).toThrow('CNI_IFNAME is not set')
    expect(() => requireContainer(parse({}, { CNI_NETNS: '' }))).toThrow('CNI_NETNS is not set')
    expect(() => requireContainer(parse({}, { CNI_COMMAND: 'DEL', CNI_NETNS: '' }))).not.toThrow()
  })
})

describe('the result', () => {
  const outcome = { addresses: [acceptedBy(parseIpOnNetwork('10.2.1.7/24'))], gateway: undefined, routes: [] }

  it('says the version of an address where the specification wants it', () => {
    const interfaces = [{ name: 'eth0', mac: '' }]
    const of = (version: string) => JSON.parse(formatResult({ version, dns: undefined }, { ...outcome, interfaces }))
    expect(of('0.4.0').ips).toEqual([{ version: '4', address: '10.2.1.7/24', interface: 0 }])
    expect(of('1.1.0').ips).toEqual([{ address: '10.2.1.7/24', interface: 0 }])
  })

  it('of an IPAM plugin names no device', () => {
    const result = JSON.parse(
      formatResult({ version: '1.0.0', dns: { search: ['x'] } }, { ...outcome, interfaces: [] }),
    )
    expect(result).toEqual({
      cniVersion: '1.0.0',
      ips: [{ address: '10.2.1.7/24' }],
      routes: [],
      dns: { search: ['x'] },
    })
  })
})

describe('what is kept and installed', () => {
  const folder = useTemporaryFolder()

  it('a device is found again from the names of container and device, within the kernel’s limit', () => {
    expect(cniHostEnd('pod', 'eth0')).toBe(cniHostEnd('pod', 'eth0'))
    expect(cniHostEnd('pod', 'eth0')).not.toBe(cniHostEnd('pod', 'eth1'))
    expect(cniHostEnd('x'.repeat(300), 'eth0').length).toBeLessThanOrEqual(15)
  })

  it('records are kept by container and device, whatever a runtime calls them', () => {
    const records = new CniRecords(folder())
    const record = { containerId: '../../etc/passwd', device: 'eth0', network: 'weave' }
    expect(records.list()).toEqual([])
    records.save(record)
    records.save({ ...record, device: 'eth1' })
    records.remove(record)
    expect(records.list()).toEqual([{ ...record, device: 'eth1' }])
  })

  it('the plugins are links, the configuration of somebody else stays, the one of old versions goes', () => {
    const [pluginFolder, configFolder] = [join(folder(), 'bin'), join(folder(), 'net.d')]
    const setup = { program: '/usr/local/bin/weave', pluginFolder, configFolder, hairpin: true }
    expect(() => setupCni(setup)).toThrow(`there is no folder ${pluginFolder}`)
    for (const path of [pluginFolder, configFolder]) mkdirSync(path)
    writeFileSync(join(configFolder, '10-weave.conf'), '')
    setupCni(setup)
    writeFileSync(join(configFolder, '10-weave.conflist'), 'mine')
    setupCni(setup)
    expect(readdirSync(pluginFolder).sort()).toEqual(['weave-ipam', 'weave-net'])
    expect(readlinkSync(join(pluginFolder, 'weave-net'))).toBe('/usr/local/bin/weave')
    expect(readdirSync(configFolder)).toEqual(['10-weave.conflist'])
    expect(readFileSync(join(configFolder, '10-weave.conflist'), 'utf8')).toBe('mine')
  })
})
