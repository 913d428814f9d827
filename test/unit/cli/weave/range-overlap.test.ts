import { findOverlap } from '../../../../src/cli/weave/range-overlap.ts'

const ROUTES = [
  JSON.stringify([
    { dst: 'default', gateway: '192.0.2.1', dev: 'eth0' },
    { dst: '10.32.0.0/12', dev: 'weave' },
    { dst: '10.40.1.0/24', dev: 'eth1' },
    { dst: '10.50.0.7', gateway: '192.0.2.1', dev: 'eth0' },
  ]),
  JSON.stringify([{ dst: 'fd00:32::/64', dev: 'eth1' }]),
]

describe('the range of a launch (Weave row FLAG-12)', () => {
  it.each([
    ['10.32.0.0/12', '10.40.1.0/24 of this host, by eth1'],
    ['10.40.1.128/25', '10.40.1.0/24 of this host, by eth1'],
    ['10.48.0.0/12', '10.50.0.7 of this host, by eth0'],
    ['10.99.0.0/16,fd00:32::/48', 'fd00:32::/64 of this host, by eth1'],
  ])('%s overlaps a route', (ranges, part) => {
    expect(findOverlap({ routes: ROUTES, ranges, bridge: 'weave' })).toContain(part)
  })

  it.each(['10.33.0.0/16', '10.99.0.0/16', 'fd00:33::/64', ''])(
    '%s lies apart from all routes but that of the bridge and the default one',
    ranges => {
      expect(findOverlap({ routes: ROUTES, ranges, bridge: 'weave' })).toBeUndefined()
    },
  )

  it('is judged by what there is when `ip` prints nothing', () => {
    expect(findOverlap({ routes: ['', '[]'], ranges: '10.32.0.0/12', bridge: 'weave' })).toBeUndefined()
  })
})
