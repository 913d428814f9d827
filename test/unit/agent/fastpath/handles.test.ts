import fc from 'fast-check'
import { HANDLE_NETWORK, type HandleMaps, Handles } from '../../../../src/agent/fastpath/handles.ts'
import { bytesOfIpAddress, type IpAddress, isIpv4, parseIpAddress } from '../../../../src/base/ip-address.ts'
import { acceptedBy } from '../../base/outcome.ts'

const [A, B, C] = ['fd00::1', '2001:db8::2', 'fd00::3'].map(address) as [IpAddress, IpAddress, IpAddress]
const IPV4 = address('192.0.2.7')

describe('handles of IPv6 addresses', () => {
  it('are of a network that no endpoint is in, and lead back', () => {
    const { handles } = world()
    handles.give([A, IPV4, B])
    expect([A, B, IPV4].map(one => handles.numberOf(one))).toEqual([HANDLE_NETWORK + 1, HANDLE_NETWORK + 2, 0xc0000207])
    expect([A, B, IPV4].map(one => handles.addressOf(handles.numberOf(one)))).toEqual([A, B, IPV4])
  })

  it('stand in both maps, and those of IPv4 in none', () => {
    const { handles, maps } = world()
    handles.give([A, IPV4])
    expect(maps.text()).toBe('2130706433=fd000000000000000000000000000001 fd000000000000000000000000000001=0100007f')
  })

  it('stay while the address is there, and are not given again at once', () => {
    const { handles, maps } = world()
    handles.give([A, B])
    const ofB = handles.numberOf(B)
    handles.keep([B, IPV4])
    handles.give([C])
    expect(handles.numberOf(B)).toBe(ofB)
    expect(handles.numberOf(C)).toBe(HANDLE_NETWORK + 3)
    expect(handles.addressOf(HANDLE_NETWORK + 1)).not.toBe(A)
    expect(maps.addresses.keys()).toHaveLength(2)
    handles.keep([])
    expect(maps.text()).toBe('')
  })

  it('are those of the agent before', () => {
    const { handles, maps } = world()
    handles.give([A, B, C])
    const numbers = [A, B, C].map(one => handles.numberOf(one))
    const next = new Handles(maps)
    expect(numbers.map(number => next.addressOf(number))).toEqual([A, B, C])
    next.give([address('fd00::4'), A])
    expect([A, B, C, address('fd00::4')].map(one => next.numberOf(one))).toEqual([...numbers, HANDLE_NETWORK + 4])
  })

  it('lead back though the agent before ended while it gave one', () => {
    const { handles, maps } = world()
    handles.give([A, B])
    const before = maps.text()
    maps.handles.delete(bytesOfIpAddress(A))
    expect(maps.text()).not.toBe(before)
    expect(new Handles(maps).numberOf(A)).toBe(HANDLE_NETWORK + 1)
    expect(maps.text().split(' ').sort()).toEqual(before.split(' ').sort())
  })

  it('are all taken back when the kernel had no room for some', () => {
    const { handles, maps } = world(2)
    expect(() => handles.give([A, B, C])).toThrow('full')
    handles.keep([])
    expect(maps.text()).toBe('')
    handles.give([C])
    expect(maps.addresses.keys()).toHaveLength(1)
  })

  it('of different addresses differ, whatever comes and goes', () => {
    const tables = fc.array(fc.uniqueArray(fc.bigInt(0n, (1n << 128n) - 1n), { maxLength: 8 }), { maxLength: 8 })
    fc.assert(
      fc.property(tables, told => {
        const { handles, maps } = world()
        for (const table of told as IpAddress[][]) {
          handles.give(table)
          handles.keep(table)
          expect(new Set(table.map(one => handles.numberOf(one))).size).toBe(table.length)
          expect(maps.addresses.keys()).toHaveLength(table.filter(one => !isIpv4(one)).length)
        }
      }),
    )
  })
})

function address(text: string): IpAddress {
  return acceptedBy(parseIpAddress(text))
}

function world(room = 100) {
  const maps = new FakeMaps(room)
  return { maps, handles: new Handles(maps) }
}

/** As the kernel keeps them, with room for so many. */
class FakeMaps implements HandleMaps {
  readonly addresses: FakeMap
  readonly handles: FakeMap

  constructor(room: number) {
    this.addresses = new FakeMap(16, room)
    this.handles = new FakeMap(4, room)
  }

  text(): string {
    return [...this.addresses.values, ...this.handles.values]
      .map(([key, value]) => `${key}=${value.toString('hex')}`)
      .join(' ')
  }
}

class FakeMap {
  readonly values = new Map<string, Buffer>()
  readonly #bytes: number
  readonly #room: number

  constructor(bytes: number, room: number) {
    this.#bytes = bytes
    this.#room = room
  }

  set(key: number | Uint8Array, write: (value: Buffer) => void): void {
    if (this.values.size >= this.#room && !this.values.has(textOf(key))) throw new Error('full')
    const value = Buffer.alloc(this.#bytes)
    write(value)
    this.values.set(textOf(key), value)
  }

  get(key: number | Uint8Array): Buffer | undefined {
    return this.values.get(textOf(key))
  }

  delete(key: number | Uint8Array): void {
    this.values.delete(textOf(key))
  }

  keys(): readonly number[] {
    return [...this.values.keys()].map(Number)
  }
}

function textOf(key: number | Uint8Array): string {
  return typeof key === 'number' ? String(key) : Buffer.from(key).toString('hex')
}
