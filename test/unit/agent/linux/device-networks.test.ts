import { networksOf } from '../../../../src/agent/linux/device-networks.ts'
import { formatIpNetwork } from '../../../../src/base/ip-address.ts'

describe('the networks of a device', () => {
  it('are those of its addresses', () => {
    expect(networksOf('lo').map(formatIpNetwork)).toContain('127.0.0.0/8')
  })

  it('are none of a device that is not there', () => {
    expect(networksOf('nowhere0')).toEqual([])
  })
})
