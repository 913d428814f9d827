import fc from 'fast-check'
import { isSameEndpoint } from '../../../../src/base/endpoint.ts'
import { isIpv4, parseIpAddress } from '../../../../src/base/ip-address.ts'
import { EndpointKeys, isIpv6Key } from '../../../../src/core/router/index.ts'
import { underlayIp } from '../wire/underlay-ip.ts'

const endpoint = fc.record({ ip: underlayIp, port: fc.integer({ min: 1, max: 65_535 }) })
const far = { ip: '2001:db8::1', port: 6783 }

describe('keys of endpoints', () => {
  it('stand for the endpoints that are held, each for one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(endpoint, { maxLength: 20, comparator: isSameEndpoint }), endpoints => {
        const keys = new EndpointKeys()
        keys.hold(endpoints)
        const given = endpoints.map(each => keys.of(each))
        expect(new Set(given).size).toBe(endpoints.length)
        expect(given.map(key => keys.endpointOf(key))).toEqual(endpoints)
      }),
    )
  })

  it('are the same for an address in bytes', () => {
    fc.assert(
      fc.property(endpoint, each => {
        const keys = new EndpointKeys()
        const parsed = parseIpAddress(each.ip)
        if (!parsed.ok || isIpv4(parsed.value)) return
        const bytes = new Uint8Array(20)
        const port = keys.write(keys.of(each), bytes, 2)
        expect(port).toBe(each.port)
        expect(keys.ofBytes(bytes, 2, port)).toBe(keys.of(each))
      }),
    )
  })

  it('stay as long as the endpoint is held, and are never given again', () => {
    const keys = new EndpointKeys()
    keys.hold([far])
    const key = keys.of(far)
    keys.hold([far, { ...far, port: 7 }])
    expect(keys.of(far)).toBe(key)
    keys.hold([])
    keys.of({ ...far, port: 8 })
    expect(keys.of(far)).not.toBe(key)
    expect(keys.endpointOf(key)).toEqual({ ip: '::', port: 0 })
  })

  it('of strangers take one place between them, whatever their number', () => {
    const keys = new EndpointKeys()
    keys.hold([far])
    const [held, first] = [keys.of(far), keys.of({ ip: '2001:db8::2', port: 1 })]
    expect(keys.endpointOf(first)).toEqual({ ip: '2001:db8::2', port: 1 })
    for (let port = 1; port <= 1_000; port++) expect(isIpv6Key(keys.of({ ip: '2001:db8::3', port }))).toBe(true)
    expect(keys.endpointOf(first)).toEqual({ ip: '::', port: 0 })
    expect(keys.endpointOf(held)).toEqual(far)
  })

  it('of what is no address is none', () => {
    expect([new EndpointKeys().of({ ip: '', port: 1 }), new EndpointKeys().of({ ip: 'a:b', port: 1 })]).toEqual([0, 0])
  })
})
