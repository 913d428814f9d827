import {
  formatWish,
  isAddressWord,
  parseWeaveCidr,
  parseWishes,
} from '../../../../src/agent/containers/address-wish.ts'
import { acceptedBy } from '../../base/outcome.ts'

describe('what is wished of the address space', () => {
  it.each([
    [['10.2.1.1/24'], ['ip:10.2.1.1/24']],
    [
      ['ip:10.2.1.1/24', 'net:10.3.0.0/16', 'net:default'],
      ['ip:10.2.1.1/24', 'net:10.3.0.0/16', 'net:default'],
    ],
    [[], ['net:default']],
    [['10.2.1.0/31'], ['ip:10.2.1.0/31']],
    [['10.2.1.0/16'], ['ip:10.2.1.0/16']],
  ])('%j is understood', (words, wishes) => {
    const parsed = parseWishes(words)
    expect(parsed.ok && parsed.value.map(formatWish)).toEqual(wishes)
  })

  it.each([
    '10.2.1.0/24',
    '10.2.1.255/24',
    'net:10.2.1.1/24',
    'net:10.2.1.0/31',
    '10.2.1/24',
    'ip:',
    'net:x',
    '300.1.1.1/8',
  ])('%j is refused', word => expect(parseWishes([word]).ok).toBe(false))

  it('in WEAVE_CIDR may be none, or nothing, or several (ENV-21, ARG-02)', () => {
    expect(acceptedBy(parseWeaveCidr('none'))).toEqual({ kind: 'none' })
    expect(acceptedBy(parseWeaveCidr(' '))).toEqual({ kind: 'some', wishes: [{ kind: 'default' }] })
    expect(acceptedBy(parseWeaveCidr('net:10.2.1.0/24  10.3.0.1/16'))).toMatchObject({
      wishes: [{ kind: 'subnet' }, { kind: 'address' }],
    })
    expect(parseWeaveCidr('none 10.3.0.1/16').ok).toBe(false)
  })

  it('is told from images and options of Docker', () => {
    const words = ['10.0.0.1/8', 'net:default', 'ip:1.2.3.4/8', 'net:10.0.0.0/8']
    expect(words.every(isAddressWord)).toBe(true)
    expect(['-t', 'debian', 'library/debian', '10.2.2.2:5000/image', '--name=w1', '7zip/8'].some(isAddressWord)).toBe(
      false,
    )
  })
})
