import { LabInstance, macAddress, portName } from '../../../src/lab/instance.ts'

describe('the names of a lab', () => {
  const lab = new LabInstance('/srv/lab')

  it('follow from the folder of its inventory, so leftovers are found again', () => {
    expect(new LabInstance('/srv/lab')).toEqual(lab)
    expect(lab.id).toMatch(/^[0-9a-f]{6}$/)
  })

  it('are others for another folder', () => {
    expect(new LabInstance('/srv/other').hostNamespace('alpha')).not.toBe(lab.hostNamespace('alpha'))
  })

  it('a host cannot be named as the namespace of the switch is', () => {
    expect(lab.hostNamespace('switch')).not.toBe(lab.switchNamespace)
    expect(lab.hostNamespace('control')).not.toBe(lab.controlNamespace)
  })

  it('a port of the switch is named as host and network where that fits an interface name', () => {
    expect(portName('alpha', 'left')).toBe('alpha-left')
    expect(portName('exactly-10', 'left')).toHaveLength(15)
  })

  it('longer names of ports are cut to what is still unique', () => {
    const names = ['left', 'lefu'].map(network => portName('a-host-of-a-long-name', network))
    expect(names[0]).toHaveLength(15)
    expect(names[0]).not.toBe(names[1])
  })

  it('a hardware address is the same at every boot, a unicast one, and locally administered', () => {
    const address = macAddress(lab, 'alpha', 'left')
    expect(address).toMatch(/^02(:[0-9a-f]{2}){5}$/)
    expect(macAddress(lab, 'alpha', 'left')).toBe(address)
    expect(macAddress(lab, 'alpha', 'right')).not.toBe(address)
  })
})
