import { jest } from '@jest/globals'
import { environmentOfRouter, withEnvironment } from '../../../../src/cli/weave/environment.ts'

describe('the environment of launch', () => {
  it('stands for flags, in front of those that are given (ENV-02, ENV-03, ENV-04, ENV-05, ENV-06)', () => {
    const environment = { WEAVE_MTU: '1300', WEAVE_PORT: '7000', WEAVE_HTTP_ADDR: '' }
    const words = withEnvironment(['--mtu', '1400', '192.0.2.1'], environment)
    expect(words).toEqual(['--port', '7000', '--mtu', '1300', '--mtu', '1400', '192.0.2.1'])
    const addresses = { WEAVE_HTTP_ADDR: 'h:1', WEAVE_STATUS_ADDR: 's:2', WEAVE_METRICS_ADDR: 'm:3' }
    expect(withEnvironment([], addresses)).toEqual([
      '--http-addr',
      'h:1',
      '--status-addr',
      's:2',
      '--metrics-addr',
      'm:3',
    ])
  })

  it('names Docker’s bridge (ENV-14)', () => {
    expect(withEnvironment([], { DOCKER_BRIDGE: 'dock' })).toEqual(['--docker-bridge', 'dock'])
  })

  it('keeps frames out of the fast path, also where a service starts the router (ENV-07)', () => {
    expect(withEnvironment(['192.0.2.1'], { WEAVE_NO_FASTDP: '1' })).toEqual(['--no-fastdp', '192.0.2.1'])
    expect(withEnvironment(['--foreground'], { WEAVE_NO_FASTDP: '1' })).toEqual(['--foreground'])
  })

  it('is not said again to the router that launch starts, nor is the password (ENV-01, ENV-02, ENV-06)', () => {
    const kept = { WEAVE_NO_FASTDP: '1', WEAVE_ROOT: '/r', PATH: '/bin' }
    const environment = { ...kept, WEAVE_MTU: '1300', WEAVE_PORT: '7000', DOCKER_BRIDGE: 'dock', WEAVE_PASSWORD: 'p' }
    expect(environmentOfRouter(environment)).toEqual(kept)
  })

  it('is answered where it means nothing here', () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(withEnvironment([], { WEAVE_VERSION: '2.8.1' })).toEqual([])
    expect(written.mock.calls.map(([text]) => text)).toEqual([
      expect.stringContaining('WEAVE_VERSION has no effect: the router is a program of the host'),
    ])
    written.mockRestore()
  })
})
