import fc from 'fast-check'
import { parseAgentConfig } from '../../../src/contract/agent-config.ts'
import { acceptedBy, refusalBy } from '../base/outcome.ts'
import { GOOD_CONFIG } from './examples.ts'

describe('the agent’s configuration', () => {
  it('reads back what was written, field by field', () => {
    expect(acceptedBy(parseAgentConfig(JSON.stringify(GOOD_CONFIG)))).toEqual(GOOD_CONFIG)
  })

  it('fields of a later release are passed over', () => {
    const later = JSON.stringify({ ...GOOD_CONFIG, colour: 'blue' })
    expect(acceptedBy(parseAgentConfig(later))).toEqual(GOOD_CONFIG)
  })

  it('a configuration without targets is one: the first host of a cluster has none', () => {
    expect(acceptedBy(parseAgentConfig(JSON.stringify({ ...GOOD_CONFIG, targets: [] }))).targets).toEqual([])
  })

  it('takes costs of links by host, whatever the hosts are called', () => {
    const costly = { ...GOOD_CONFIG, linkCosts: { beta: 500, constructor: 65_535 } }
    expect(acceptedBy(parseAgentConfig(JSON.stringify(costly)))).toEqual(costly)
    const free = JSON.stringify({ ...GOOD_CONFIG, linkCosts: {} })
    expect(acceptedBy(parseAgentConfig(free))).toEqual(GOOD_CONFIG)
  })

  it.each([
    [{ linkCosts: { beta: 0 } }, 'linkCosts must be integers from 1 to 65535 by name'],
    [{ linkCosts: { beta: 65_536 } }, 'linkCosts must be integers from 1 to 65535 by name'],
    [{ linkCosts: [1] }, 'linkCosts must be integers from 1 to 65535 by name'],
    [{ format: 2 }, 'format must be an integer from 1 to 1'],
    [{ shortId: 0 }, 'shortId must be an integer from 1 to 4095'],
    [{ shortId: 4096 }, 'shortId must be an integer from 1 to 4095'],
    [{ shortId: 1.5 }, 'shortId must be an integer from 1 to 4095'],
    [{ nickname: undefined }, 'nickname must be a text'],
    [{ nickname: 'n'.repeat(256) }, 'nickname must have 1 to 255 bytes and no control characters'],
    [{ bridge: undefined }, 'bridge is not an object'],
    [{ bridge: [] }, 'bridge is not an object'],
    [{ bridge: { ...GOOD_CONFIG.bridge, mtu: 100 } }, 'bridge.mtu must be an integer from 576 to 65535'],
    [
      { bridge: { ...GOOD_CONFIG.bridge, address: '10.2.0.1' } },
      'bridge.address must be an address with a prefix length',
    ],
    [{ containerRange: '10.2.1.7/24' }, 'containerRange must be a network'],
    [{ subnet: 'all' }, 'subnet must be a network'],
    [{ listen: { ip: '0.0.0.0', port: 0 } }, 'listen.port must be an integer from 1 to 65535'],
    [{ listen: { ip: 'everywhere', port: 6783 } }, 'listen.ip must be an IP address'],
    [{ advertise: [1] }, 'advertise must be a list of texts'],
    [{ advertise: Array(9).fill('192.0.2.1') }, 'advertise has more than 8 addresses'],
    [{ advertise: ['alpha'] }, "advertise: 'alpha' is not an IP address"],
    [{ targets: ['alpha:6783'] }, "targets: 'alpha:6783' is not an address with an optional port"],
    [{ discovery: 'yes' }, 'discovery must be true or false'],
  ])('%j is refused, and named', (change, expected) => {
    expect(refusalBy(parseAgentConfig(JSON.stringify({ ...GOOD_CONFIG, ...change })))).toBe(expected)
  })

  it.each(['', '{', 'null', '[]', '7', '"text"'])('%j is refused', text => {
    expect(refusalBy(parseAgentConfig(text))).toMatch(/not JSON|not an object/)
  })

  it('no JSON makes the parser throw', () => {
    fc.assert(fc.property(fc.json(), text => typeof parseAgentConfig(text).ok === 'boolean'))
  })

  it('no value in the place of a field makes the parser throw', () => {
    const field = fc.constantFrom(...Object.keys(GOOD_CONFIG))
    fc.assert(
      fc.property(field, fc.jsonValue(), (name, value) => {
        expect(typeof parseAgentConfig(JSON.stringify({ ...GOOD_CONFIG, [name]: value })).ok).toBe('boolean')
      }),
    )
  })
})
