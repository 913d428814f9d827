import type { Host } from '../../../../src/agent/host/load-host.ts'
import type { ServiceSettings } from '../../../../src/agent/host/service-settings.ts'
import { ipamOptionsOf } from '../../../../src/agent/ipam/ipam-options.ts'
import { formatIpNetwork } from '../../../../src/base/ip-address.ts'

describe('the space that is handed out', () => {
  const spaceOf = (kind: Host['kind'], settings: ServiceSettings) => {
    const host = { kind, config: { subnet: '10.32.0.0/12' } } as Pick<Host, 'kind' | 'config'>
    const options = ipamOptionsOf(host, settings, { peers: 0, stored: undefined })
    const texts = (networks: readonly Parameters<typeof formatIpNetwork>[0][]) => networks.map(formatIpNetwork).join()
    return options && [texts(options.universe), texts(options.commons), texts(options.reserved)]
  }

  it('is the default range, those of the flags, or none', () => {
    expect(spaceOf('open', {})).toEqual(['10.32.0.0/12', '10.32.0.0/12', ''])
    const both = '10.2.0.0/16,fd00:1::/64'
    expect(spaceOf('open', { range: both, reserved: '10.2.0.0/28' })).toEqual([both, both, '10.2.0.0/28'])
    expect(spaceOf('open', { range: '' })).toBeUndefined()
  })

  it('is, with certificates, that of the inventory and what was added', () => {
    expect(spaceOf('certified', {})).toEqual(['10.32.0.0/12', '', ''])
    expect(spaceOf('certified', { range: 'fd00:1::/64' })).toEqual(['10.32.0.0/12,fd00:1::/64', 'fd00:1::/64', ''])
  })

  it('is refused when a range is none', () => {
    expect(() => spaceOf('open', { range: '10.2.0.0/16,10.2.1.1/24' })).toThrow("'10.2.1.1/24' has host bits set")
  })
})
