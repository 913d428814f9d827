import fc from 'fast-check'
import {
  MANIFEST_BYTES_MAX,
  MANIFEST_HOSTS_MAX,
  parseManifest,
  parseSignedManifest,
} from '../../../src/contract/cluster-manifest.ts'
import { acceptedBy, refusalBy } from '../base/outcome.ts'
import { GOOD_MANIFEST, hostNumber } from './examples.ts'

describe('the cluster’s manifest', () => {
  it('reads back what was written, field by field', () => {
    expect(acceptedBy(parseManifest(JSON.stringify(GOOD_MANIFEST)))).toEqual(GOOD_MANIFEST)
  })

  it('reads added ranges, and those of an older release have none', () => {
    const text = JSON.stringify({ ...GOOD_MANIFEST, addedRanges: ['10.9.0.0/16', 'fd00:9::/64'] })
    expect(acceptedBy(parseManifest(text)).addedRanges).toEqual(['10.9.0.0/16', 'fd00:9::/64'])
    expect(acceptedBy(parseManifest(JSON.stringify(GOOD_MANIFEST)))).not.toHaveProperty('addedRanges')
  })

  it('peer names are read in lower case, so that they compare', () => {
    const shouting = [{ ...hostNumber(1), peerName: '02:AB:CD:EF:00:01' }]
    const read = acceptedBy(parseManifest(JSON.stringify({ ...GOOD_MANIFEST, hosts: shouting })))
    expect(read.hosts[0]?.peerName).toBe('02:ab:cd:ef:00:01')
  })

  it.each(['host', 'shortId', 'peerName', 'publicKey'] as const)('two hosts with the same %s are refused', key => {
    const twin = { ...hostNumber(2), [key]: hostNumber(1)[key] }
    const text = JSON.stringify({ ...GOOD_MANIFEST, hosts: [hostNumber(1), twin] })
    expect(refusalBy(parseManifest(text))).toBe(`hosts: two hosts have the same ${key}`)
  })

  it('takes as many hosts as there are numbers, and not one more', () => {
    const hosts = Array.from({ length: MANIFEST_HOSTS_MAX }, (_, i) => hostNumber(i + 1))
    expect(acceptedBy(parseManifest(JSON.stringify({ ...GOOD_MANIFEST, hosts }))).hosts).toHaveLength(4095)
    const tooMany = [...hosts, { ...hostNumber(4096), shortId: 4096 }]
    expect(parseManifest(JSON.stringify({ ...GOOD_MANIFEST, hosts: tooMany })).ok).toBe(false)
  })

  it.each([
    [{ version: 0 }, 'version must be an integer'],
    [{ version: '3' }, 'version must be an integer'],
    [{ hosts: {} }, 'hosts must be a list'],
    [{ addedRanges: '10.9.0.0/16' }, 'addedRanges must be a list of texts'],
    [{ addedRanges: ['10.9.0.1/16'] }, 'addedRanges: no networks, or too many'],
    [{ addedRanges: new Array(65).fill('10.9.0.0/16') }, 'addedRanges: no networks, or too many'],
    [{ hosts: [7] }, 'hosts[0] is not an object'],
    [{ hosts: [{ ...hostNumber(1), port: 70000 }] }, 'hosts[0].port must be an integer from 1 to 65535'],
    [{ hosts: [{ ...hostNumber(1), addresses: 'a' }] }, 'hosts[0].addresses must be a list of texts'],
    [{ hosts: [{ ...hostNumber(1), peerName: 'alpha' }] }, 'peerName must be six pairs of hexadecimal digits'],
  ])('%j is refused, and named', (change, expected) => {
    expect(refusalBy(parseManifest(JSON.stringify({ ...GOOD_MANIFEST, ...change })))).toContain(expected)
  })

  it('a text beyond the limit is refused before it is parsed', () => {
    expect(refusalBy(parseManifest('['.repeat(MANIFEST_BYTES_MAX + 1)))).toContain('larger than 4194304 bytes')
  })

  it('no JSON makes the parser throw', () => {
    fc.assert(fc.property(fc.json(), text => typeof parseManifest(text).ok === 'boolean'))
  })
})

describe('the signed manifest', () => {
  it('keeps the signed text to the letter: the signature is over it', () => {
    const manifest = `${JSON.stringify(GOOD_MANIFEST, undefined, 3)}\n`
    const signed = { manifest, signature: 'c2lnbmF0dXJl' }
    expect(acceptedBy(parseSignedManifest(JSON.stringify(signed)))).toEqual(signed)
  })

  it.each(['{}', '{"manifest":"{}"}', '{"manifest":{},"signature":""}', 'x'])('%s is refused', text => {
    expect(parseSignedManifest(text).ok).toBe(false)
  })
})
