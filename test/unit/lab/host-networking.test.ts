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

  it.each([
    ['ifupdown', ['/usr/sbin/ifup']],
    ['netplan', ['/usr/sbin/netplan']],
    ['networkd', []],
    ['network-manager', ['/usr/bin/nmcli']],
  ] as const)('%s has its own programs and no others', (networking, own) => {
    const { absent } = networkingOf({ ...edge, networking })
    const programs = ['/usr/sbin/ifup', '/usr/sbin/netplan', '/usr/bin/nmcli']
    expect(programs.filter(program => !absent.includes(program))).toEqual(own)
  })

  it.each([
    ['netplan', 'systemd-networkd'],
    ['networkd', 'systemd-networkd'],
    ['network-manager', 'NetworkManager'],
  ] as const)('%s has %s started, which the base image keeps off', (networking, unit) => {
    const { links } = networkingOf({ ...edge, networking })
    expect(Object.keys(links)).toContain(`/etc/systemd/system/multi-user.target.wants/${unit}.service`)
  })
})
