import { changeDevice, deleteDevice, makePort } from '../../../../src/agent/linux/change-device.ts'
import { bridgeMessage, changeMessage } from '../../../../src/agent/linux/device-messages.ts'
import { readAttributes, text, word } from '../../../../src/agent/linux/netlink.ts'
import type { Mac } from '../../../../src/base/mac.ts'

const MAC = '02:00:00:00:00:01' as Mac
const MAC_BYTES = Buffer.from('020000000001', 'hex')
const HEAD_BYTES = 16

describe('what the kernel is told of a device', () => {
  it('is its name, and what changes', () => {
    const message = changeMessage('weave', { mac: MAC, mtu: 1376, isUp: true, master: 7 })
    const attributes = readAttributes(message.subarray(HEAD_BYTES))
    expect([...attributes.keys()]).toEqual([3, 1, 4, 10])
    expect([...attributes.values()]).toEqual([text('weave'), MAC_BYTES, word(1376), word(7)])
    expect([message.readUInt32LE(8), message.readUInt32LE(12)]).toEqual([1, 1])
  })

  it('is nothing of what stays', () => {
    const message = changeMessage('weave', {})
    expect([...readAttributes(message.subarray(HEAD_BYTES)).keys()]).toEqual([3])
    expect(message.readUInt32LE(12)).toBe(0)
  })

  it('keeps a port from giving itself addresses of IPv6', () => {
    const settings = readAttributes(changeMessage('weave-tap', { givesItselfNone: true }).subarray(HEAD_BYTES)).get(26)
    const ofFamily = readAttributes(settings ?? Buffer.alloc(0)).get(10)
    expect(readAttributes(ofFamily ?? Buffer.alloc(0)).get(8)).toEqual(Buffer.of(1))
  })

  it('makes a bridge, with an address when there is one to give', () => {
    const given = readAttributes(bridgeMessage('weave', MAC).subarray(HEAD_BYTES))
    expect(given.get(1)).toEqual(MAC_BYTES)
    const kind = readAttributes(given.get(18) ?? Buffer.alloc(0))
    expect(kind.get(1)).toEqual(text('bridge'))
    expect(readAttributes(kind.get(2) ?? Buffer.alloc(0)).get(23)).toEqual(Buffer.of(0))
    expect(readAttributes(bridgeMessage('weave', undefined).subarray(HEAD_BYTES)).has(1)).toBe(false)
  })
})

describe('what the kernel refuses', () => {
  it('is said with its reason', () => {
    // ENODEV to root, EPERM to others.
    const refusal = /^cannot change the network device nosuchdevice: (ENODEV|EPERM)/
    expect(() => changeDevice('nosuchdevice', { mtu: 1376 })).toThrow(refusal)
  })

  it('is not asked for where there is no bridge', () => {
    expect(() => makePort('lo', 'nosuchbridge')).toThrow("there is no bridge 'nosuchbridge'")
  })

  it('is no matter for a device that is gone', () => {
    if (process.getuid?.() === 0) expect(() => deleteDevice('nosuchdevice')).not.toThrow()
    else expect(() => deleteDevice('nosuchdevice')).toThrow(/EPERM/)
  })
})
