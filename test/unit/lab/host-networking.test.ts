import { HOST_NETWORKING } from '../../../src/lab/description.ts'
import { networkingOf } from '../../../src/lab/host-networking.ts'
import { exampleLab } from './examples.ts'

describe('the networking of a host in a lab', () => {
  const edge = exampleLab().hosts[0]!

  it.each(HOST_NETWORKING)('%s configures all addresses at boot, and no default route', networking => {
    const text = networkingOf({ ...edge, networking })
      .files.map(({ content }) => content)
      .join('\n')
    for (const { address, prefix } of edge.interfaces) expect(text).toContain(`${address}/${prefix}`)
    expect(text).not.toMatch(/gateway|routes/i)
  })

  it('ifupdown is there only where it is used', () => {
    expect(networkingOf({ ...edge, networking: 'ifupdown' }).absent).toEqual([])
    expect(networkingOf({ ...edge, networking: 'networkd' }).absent).toContain('/usr/sbin/ifup')
  })

  it('what the base image keeps off is started', () => {
    const { links } = networkingOf({ ...edge, networking: 'networkd' })
    expect(Object.keys(links)).toContain('/etc/systemd/system/multi-user.target.wants/systemd-networkd.service')
  })
})
