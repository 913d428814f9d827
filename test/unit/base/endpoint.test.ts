import fc from 'fast-check'
import { formatEndpoint, parseEndpoint } from '../../../src/base/endpoint.ts'
import { acceptedBy, refusalBy } from './outcome.ts'

describe('endpoints', () => {
  it('a formatted endpoint reads back as itself, whatever the default port', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 65535 }), fc.nat({ max: 65535 }), (ip, port, otherPort) => {
        expect(acceptedBy(parseEndpoint(formatEndpoint({ ip, port }), otherPort))).toEqual({ ip, port })
      }),
    )
  })

  it('takes the default port when none is written', () => {
    expect(acceptedBy(parseEndpoint('10.77.1.11', 6783))).toEqual({ ip: '10.77.1.11', port: 6783 })
  })

  it.each([
    '',
    ':6783',
    '10.0.0.1:',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    '10.0.0.1:123456',
    '10.0.0.1:x',
    'alpha:6783',
    '[::1]:6783',
  ])('%j is refused', text => {
    expect(refusalBy(parseEndpoint(text, 6783))).not.toBe('')
  })

  it('no text makes the parser throw', () => {
    fc.assert(fc.property(fc.string(), text => typeof parseEndpoint(text, 6783).ok === 'boolean'))
  })
})
