import { LabInstance, macAddress } from '../../../src/lab/instance.ts'
import { controlBatch, controlPortsBatch, hostPortsBatch, switchBatch } from '../../../src/lab/network.ts'
import { exampleLab } from './examples.ts'

describe('the network of a lab', () => {
  const lab = new LabInstance('/srv/lab')
  const description = exampleLab()
  const edge = description.hosts.find(host => host.name === 'edge') ?? description.hosts[0]!

  it('each network is a bridge that forwards at once and learns no multicast groups', () => {
    expect(switchBatch(description)).toContain(
      'link add br-left type bridge stp_state 0 forward_delay 0 mcast_snooping 0\nlink set br-left up\n',
    )
  })

  it('a wire is made, plugged in and taken up by one command', () => {
    expect(hostPortsBatch(lab, edge).split('\n')).toEqual([
      `link add edge-left up master br-left type veth peer name eth0 address ${macAddress(lab, 'edge', 'left')} netns wl-${lab.id}-host-edge`,
      `link add edge-right up master br-right type veth peer name eth1 address ${macAddress(lab, 'edge', 'right')} netns wl-${lab.id}-host-edge`,
      '',
    ])
  })

  it('the control machine has a leg in each network', () => {
    expect(controlPortsBatch(lab, description)).toContain('link add control-right up master br-right')
    expect(controlBatch(description)).toContain('address add 10.77.2.1/24 dev right\n')
  })
})
