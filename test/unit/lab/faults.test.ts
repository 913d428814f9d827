import { captureCommand, parseReport, withNetwork } from '../../../src/lab/capture.ts'
import { faultBetween, parseCuts } from '../../../src/lab/faults.ts'
import { LabInstance } from '../../../src/lab/instance.ts'
import { ansibleArguments, sshCommand } from '../../../src/lab/ssh.ts'
import { exampleLab } from './examples.ts'

describe('faults of a lab', () => {
  const lab = exampleLab()

  it('two hosts are cut both ways, in the networks that they share', () => {
    const passages = [
      { from: 'edge-left', to: 'plain-left' },
      { from: 'plain-left', to: 'edge-left' },
    ]
    expect(faultBetween(lab, 'edge', 'plain')).toEqual({ kind: 'passages', passages })
  })

  it('the control machine can be cut off from a host', () => {
    expect(faultBetween(lab, 'control', 'plain')).toMatchObject({
      passages: [{ from: 'control-left', to: 'plain-left' }, { to: 'control-left' }],
    })
  })

  it('a host can be cut off from a network', () => {
    expect(faultBetween(lab, 'edge', 'right')).toEqual({ kind: 'port', port: 'edge-right' })
  })

  it.each([
    ['plain', 'right', "'plain' has no interface in network 'right'"],
    ['plain', 'plain', "'plain' and 'plain' share no network"],
    ['plain', 'nobody', "the lab has no 'nobody'"],
    ['nobody', 'plain', "the lab has no 'nobody'"],
  ])('%s and %s cannot be cut', (first, second, cause) => {
    expect(() => faultBetween(lab, first, second)).toThrow(cause)
  })

  it('cuts are read back from what nft prints', () => {
    const elem = [{ concat: ['edge-left', 'plain-left'] }]
    const json = JSON.stringify({ nftables: [{ metainfo: {} }, { set: { name: 'cuts', elem } }] })
    expect(parseCuts(json)).toEqual([{ from: 'edge-left', to: 'plain-left' }])
    expect(parseCuts('{"nftables":[{"set":{"name":"cuts"}}]}')).toEqual([])
  })
})

describe('looking into a lab', () => {
  const instance = new LabInstance('/srv/lab')

  it('a capture listens on the switch, to one wire', () => {
    const command = captureCommand(instance, { host: 'edge', network: 'left', file: '/tmp/a.pcap' })
    expect(command).toEqual(expect.arrayContaining(['tcpdump', '-i', 'edge-left', '-w', '/tmp/a.pcap']))
    expect(command[1]).toBe(`--net=/run/netns/wl-${instance.id}-switch`)
  })

  it('each of several wires has its own file', () => {
    expect(withNetwork('/tmp/a.b/edge.pcap', 'left')).toBe('/tmp/a.b/edge-left.pcap')
    expect(withNetwork('/tmp/a.b/edge', 'left')).toBe('/tmp/a.b/edge-left')
  })

  it('what was lost is counted over all wires', () => {
    const one = '12 packets captured\n13 packets received by filter\n1 packet dropped by kernel\n'
    expect(parseReport(`${one}${one}`)).toEqual({ packets: 24, dropped: 2 })
  })

  it('ssh trusts the keys of this lab and nothing else', () => {
    const [edge] = exampleLab().hosts
    const command = sshCommand(instance, edge!, {})
    expect(command).toEqual(expect.arrayContaining(['StrictHostKeyChecking=yes', 'GlobalKnownHostsFile=/dev/null']))
    expect(command).toContain(`UserKnownHostsFile=${instance.stateFolder}/known_hosts`)
    expect(command.at(-1)).toBe('root@10.77.1.13')
  })

  it('connections are of one run: none is taken from an earlier one, or from a lab of the same addresses', () => {
    const [edge] = exampleLab().hosts
    expect(sshCommand(instance, edge!, {})).toContain('ControlPath=none')
    // Each run of Ansible is given a folder for them.
    expect(ansibleArguments(instance).join(' ')).not.toContain('ControlPath')
  })
})
