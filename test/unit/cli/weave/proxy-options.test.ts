import { jest } from '@jest/globals'
import { Command } from 'commander'
import { DEFAULT_PROXY, loadProxySettings, type ProxySettings } from '../../../../src/agent/proxy/proxy-settings.ts'
import { createContext } from '../../../../src/cli/weave/context.ts'
import { addProxyOptions, prepareProxy } from '../../../../src/cli/weave/proxy-options.ts'
import { useTemporaryFolder } from '../../agent/temporary-folder.ts'
import { NOWHERE } from '../nowhere.ts'

describe('flags of the proxy for Docker', () => {
  const folder = useTemporaryFolder()
  afterEach(() => jest.restoreAllMocks())

  function launch(...words: readonly string[]): ProxySettings {
    const context = createContext(NOWHERE, { WEAVE_ROOT: folder() })
    const command = addProxyOptions(new Command('launch')).exitOverride()
    prepareProxy(context, command.parse([...words], { from: 'user' }).opts())
    return loadProxySettings(context.paths.proxySettings)
  }

  it.each([
    [['-H', 'tcp://127.0.0.1:9999'], { kind: 'tcp', ip: '127.0.0.1', port: 9999 }],
    [['-H=tcp://127.0.0.1:9999'], { kind: 'tcp', ip: '127.0.0.1', port: 9999 }],
    [['-H=unix:///run/other.sock'], { kind: 'unix', path: '/run/other.sock' }],
    [['-H', '/run/other.sock'], { kind: 'unix', path: '/run/other.sock' }],
    [['-H', '127.0.0.1'], { kind: 'tcp', ip: '127.0.0.1', port: 12375 }],
  ] as const)('%j is a place to listen (ARG-04, FLAG-24)', (words, place) => {
    expect(launch(...words).listen).toEqual([place])
  })

  it.each([
    ['--without-dns', { withDns: false }],
    ['--no-multicast-route', { multicastRoute: false }],
    ['--no-rewrite-hosts', { rewriteHosts: false }],
    ['--no-default-ipalloc', { defaultIpalloc: false }],
    ['--hostname-from-label=name', { hostnameLabel: 'name' }],
    ['--hostname-match=^prod-(.*)$', { hostnameMatch: '^prod-(.*)$' }],
    ['--rewrite-inspect', { rewriteInspect: true }],
  ])(
    '%s is kept, and the next launch without it forgets it (FLAG-26, FLAG-27, FLAG-28, FLAG-29, FLAG-30, FLAG-32)',
    (word, kept) => {
      expect(launch(word)).toEqual({ ...DEFAULT_PROXY, ...kept })
      expect(launch()).toEqual(DEFAULT_PROXY)
    },
  )

  it('refuse an expression that is none, and TLS without a certificate (FLAG-25)', () => {
    expect(() => launch('--hostname-match=(')).toThrow('--hostname-match: ')
    expect(() => launch('--tls')).toThrow('TLS needs a certificate')
    expect(() => launch('--tlsverify', '--tlscert', 'c', '--tlskey', 'k')).toThrow('needs to know whom to let in')
    expect(launch('--tls', '--tlscert', 'c', '--tlskey', 'k').tls).toEqual({ certificate: 'c', key: 'k' })
  })

  it('may be several places', () => {
    expect(launch('-H', '127.0.0.1:1', '-H=127.0.0.1:2').listen).toHaveLength(2)
  })

  it('warn of a port that others reach, and refuse what is no place', () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(launch('-H', ':9999').listen).toEqual([{ kind: 'tcp', ip: '0.0.0.0', port: 9999 }])
    expect(written.mock.calls.join()).toContain('whoever reaches the proxy’s port has Docker')
    expect(() => launch('-H', 'tcp://nowhere:x')).toThrow("'tcp://nowhere:x' is no place to listen")
  })
})
