import fc from 'fast-check'
import { deviceChange, deviceState } from '../../../../../src/agent/linux/wireguard/kernel-messages.ts'
import { publicBytesOf } from '../../../../../src/agent/linux/wireguard/key-pair.ts'
import { changeText, isDone, readState } from '../../../../../src/agent/linux/wireguard/userspace-text.ts'
import type { WireguardChange } from '../../../../../src/agent/linux/wireguard/wireguard-device.ts'
import { ipv4FromNumber } from '../../../../../src/base/ipv4.ts'

const key = (fill: number) => new Uint8Array(32).fill(fill)
const hex = (fill: number) => Buffer.from(key(fill)).toString('hex')
const ADDRESS = ipv4FromNumber(0xa9fe6002)
const CHANGE: WireguardChange = {
  privateKey: key(1),
  port: 6785,
  peers: [
    { kind: 'remove', publicKey: key(2) },
    {
      kind: 'set',
      publicKey: key(3),
      presharedKey: key(4),
      endpoint: { ip: '192.0.2.3', port: 6785 },
      address: ADDRESS,
    },
  ],
}

describe('messages to the kernel’s WireGuard', () => {
  it('have the attributes of linux/wireguard.h', () => {
    const text = deviceChange('weave-wg', CHANGE).toString('hex')
    expect(text).toBe(
      [
        '0d00 0200 77656176652d776700 000000',
        `2400 0300 ${hex(1)}`,
        '0600 0600 811a 0000',
        'b400 0880',
        `3000 0080 2400 0100 ${hex(2)} 0800 0300 01000000`,
        `8000 0080 2400 0100 ${hex(3)} 2400 0200 ${hex(4)} 1400 0400 0200 1a81 c0000203 0000000000000000`,
        '2000 0980 1c00 0080 0600 0100 0200 0000 0800 0200 a9fe6002 0500 0300 20 000000',
      ]
        .join('')
        .replace(/ /g, ''),
    )
  })

  it('name an IPv6 endpoint by a sockaddr_in6', () => {
    const peers = [{ kind: 'set', publicKey: key(3), endpoint: { ip: 'fd00::2', port: 6785 } }] as const
    const text = deviceChange('weave-wg', { peers }).toString('hex')
    expect(text).toContain('200004000a001a8100000000fd00000000000000000000000000000200000000')
  })

  it('are read over several answers, one peer spread over them', () => {
    const answers = [
      deviceChange('weave-wg', { peers: [{ kind: 'set', publicKey: key(3), address: ADDRESS }] }),
      deviceChange('weave-wg', {
        peers: [
          { kind: 'set', publicKey: key(3), address: ipv4FromNumber(5) },
          { kind: 'set', publicKey: key(5) },
        ],
      }),
    ]
    expect(deviceState(answers).peers.map(({ publicKey, addresses }) => [publicKey[0], addresses])).toEqual([
      [3, [ADDRESS, 5]],
      [5, []],
    ])
  })

  it('of any other form are no peers, and no fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        expect(Array.isArray(deviceState([Buffer.from(bytes)]).peers)).toBe(true)
      }),
    )
  })
})

describe('the text that a WireGuard in user space takes', () => {
  it('has a line for each thing, keys in hexadecimal', () => {
    expect(changeText(CHANGE)).toBe(
      [
        'set=1',
        `private_key=${hex(1)}`,
        'listen_port=6785',
        `public_key=${hex(2)}`,
        'remove=true',
        `public_key=${hex(3)}`,
        `preshared_key=${hex(4)}`,
        'endpoint=192.0.2.3:6785',
        'allowed_ip=169.254.96.2/32',
        '\n',
      ].join('\n'),
    )
  })

  it('is read back as peers and the public key', () => {
    const lines = [`private_key=${hex(1)}`, 'listen_port=6785', `public_key=${hex(3)}`, 'allowed_ip=169.254.96.2/32']
    expect(readState([...lines, 'rx_bytes=7', 'errno=0', '\n'].join('\n'))).toEqual({
      publicKey: publicBytesOf(key(1)),
      peers: [{ publicKey: Buffer.from(key(3)), addresses: [ADDRESS] }],
    })
  })

  it('says that a device has no key yet, and that a change failed', () => {
    expect(readState(`private_key=${hex(0)}\nerrno=0\n\n`)).toEqual({ publicKey: undefined, peers: [] })
    expect(readState('errno=-22\n\n')).toBeUndefined()
    expect(isDone('errno=-22\n\n')).toBe(false)
  })
})
