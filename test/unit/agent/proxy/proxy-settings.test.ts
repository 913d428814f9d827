import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rewriteInspect } from '../../../../src/agent/proxy/inspect-answer.ts'
import {
  DEFAULT_PROXY,
  hostnameFor,
  loadProxySettings,
  saveProxySettings,
} from '../../../../src/agent/proxy/proxy-settings.ts'

describe('settings of the proxy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weave-proxy-'))
  const path = join(folder, 'state', 'proxy.json')

  afterAll(() => rmSync(folder, { recursive: true }))

  it('are those of a router that was told nothing, until some are kept', () => {
    expect(loadProxySettings(path)).toEqual(DEFAULT_PROXY)
    const settings = { ...DEFAULT_PROXY, listen: [{ kind: 'tcp', ip: '127.0.0.1', port: 12375 }] as const }
    saveProxySettings(path, settings)
    expect(loadProxySettings(path)).toEqual(settings)
  })

  it('that are no JSON are refused, with a remedy', () => {
    writeFileSync(path, '{')
    expect(() => loadProxySettings(path)).toThrow('is not JSON')
  })

  it('make the host name of a label, of a part of the name, or of the name (FLAG-30, FLAG-31)', () => {
    const matching = { ...DEFAULT_PROXY, hostnameMatch: '^prod-(.*)-[0-9]+$', hostnameReplacement: '$1' }
    expect(hostnameFor('prod-web-7', {}, matching)).toBe('web')
    const braced = (name: string | number) => `\${${name}}`
    const inGo = { ...matching, hostnameMatch: '(?i)^PROD-(?P<what>.*)-([0-9]+)$' }
    expect(hostnameFor('prod-web-7', {}, { ...inGo, hostnameReplacement: `${braced(1)}x${braced(2)}` })).toBe('webx7')
    expect(hostnameFor('prod-web-7', {}, { ...inGo, hostnameReplacement: braced('what') })).toBe('web')
    expect(hostnameFor('other', {}, matching)).toBe('other')
    expect(hostnameFor('w1', {}, DEFAULT_PROXY)).toBe('w1')
    expect(hostnameFor('w1', { service: 'shop' }, { ...DEFAULT_PROXY, hostnameLabel: 'service' })).toBe('shop')
    expect(hostnameFor('w1', {}, { ...DEFAULT_PROXY, hostnameLabel: 'service' })).toBe('w1')
  })
})

describe('what docker inspect is told', () => {
  it('has the address on the overlay in the place of Docker’s, and all else as it was', () => {
    const told = JSON.stringify({ Id: 'ab', NetworkSettings: { IPAddress: '172.17.0.2', Bridge: 'x' } })
    const place = { mac: 'aa:bb:cc:dd:ee:ff', address: '10.2.1.1/24' }
    expect(JSON.parse(rewriteInspect(told, place))).toEqual({
      Id: 'ab',
      NetworkSettings: { IPAddress: '10.2.1.1', IPPrefixLen: 24, MacAddress: 'aa:bb:cc:dd:ee:ff', Bridge: 'x' },
    })
  })
})
