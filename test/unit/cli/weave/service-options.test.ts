import { Command } from 'commander'
import { loadServices } from '../../../../src/agent/host/service-settings.ts'
import { createContext } from '../../../../src/cli/weave/context.ts'
import { addServiceOptions, prepareServices } from '../../../../src/cli/weave/service-options.ts'
import { useTemporaryFolder } from '../../agent/temporary-folder.ts'
import { NOWHERE } from '../nowhere.ts'

describe('flags of launch for addresses and names', () => {
  const folder = useTemporaryFolder()

  function launch(...words: readonly string[]) {
    const context = createContext(NOWHERE, { WEAVE_ROOT: folder() })
    const command = addServiceOptions(new Command('launch')).exitOverride()
    prepareServices(context, command.parse([...words], { from: 'user' }).opts())
    return loadServices(context.paths.services)
  }

  it.each([
    ['5', 5000],
    ['5s', 5000],
    ['500ms', 500],
    ['1m', 60_000],
    ['1m30s', 90_000],
    ['0.5', 500],
  ])('--dns-fallback-timeout %s is %d ms (FLAG-19)', (text, fallbackTimeoutMs) => {
    expect(launch('--dns-fallback-timeout', text)).toMatchObject({ fallbackTimeoutMs })
  })

  it.each(['', 'soon', '5x', '1..2s', '-1', '25h'])('--dns-fallback-timeout %j is refused', text => {
    expect(() => launch(`--dns-fallback-timeout=${text}`)).toThrow('is not a number of seconds: --dns-fallback-timeout')
  })

  it('are kept: where names are answered, how long, from which resolvers (FLAG-15, FLAG-16, FLAG-18, FLAG-20)', () => {
    const where = ['--dns-listen-address', '192.0.2.1:5353', '--resolv-conf', '/etc/other']
    expect(launch(...where, '--dns-ttl', '7')).toMatchObject({
      dnsListen: '192.0.2.1:5353',
      resolvConf: '/etc/other',
      ttlSeconds: 7,
    })
    expect(launch('--no-dns')).toMatchObject({ dns: false, ttlSeconds: 7 })
    expect(() => launch('--dns-listen-address', '192.0.2.1')).toThrow('is not an address with a port')
  })

  it('are kept: who divides the addresses first (FLAG-14)', () => {
    expect(launch('--init-peer-count', '3')).toMatchObject({ initial: 'consensus=3' })
    expect(launch('--ipalloc-init', 'seed=02:00:00:00:00:01')).toMatchObject({ initial: 'seed=02:00:00:00:00:01' })
    expect(launch('--ipalloc-init', 'observer')).toMatchObject({ initial: 'observer' })
    expect(() => launch('--ipalloc-init', 'whoever')).toThrow()
  })
})
