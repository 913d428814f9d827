import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { Command } from 'commander'
import { createContext } from '../../../../src/cli/weave/context.ts'
import { addFeatureOptions, prepareFeatures } from '../../../../src/cli/weave/feature-options.ts'
import { useTemporaryFolder } from '../../agent/temporary-folder.ts'
import { NOWHERE } from '../nowhere.ts'

describe('flags of launch for the API and for Docker', () => {
  const folder = useTemporaryFolder()

  async function launch(...words: readonly string[]): Promise<unknown> {
    const context = createContext(NOWHERE, { WEAVE_ROOT: folder() })
    const command = addFeatureOptions(new Command('launch')).exitOverride()
    await prepareFeatures(context, command.parse([...words], { from: 'user' }).opts())
    return JSON.parse(readFileSync(join(folder(), 'var/lib/weave/features.json'), 'utf8'))
  }

  it.each(['plugin', 'proxy', 'fastdp'])(
    '--no-%s and --%s say opposite things, and nothing when not given (FLAG-21, FLAG-23, FLAG-38)',
    async name => {
      expect(await launch(`--no-${name}`)).toEqual({ [name]: false })
      expect(await launch('--mtu', '1400')).toEqual({ [name]: false, mtu: 1400 })
      expect(await launch(`--${name}`)).toEqual({ [name]: true, mtu: 1400 })
    },
  )

  it('are kept until another launch says otherwise; an empty word takes an address back (FLAG-43)', async () => {
    expect(await launch('--http-addr', '/run/weave/api.sock')).toEqual({ httpAddress: '/run/weave/api.sock' })
    expect(await launch('--http-addr', '')).toEqual({ httpAddress: '' })
  })

  it('refuse an address that is none, or that another has', async () => {
    await expect(launch('--status-addr', '6782')).rejects.toThrow(
      "--status-addr: '6782' is neither ADDRESS:PORT nor a path",
    )
    const taken = createServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`
    await expect(launch('--metrics-addr', address)).rejects.toThrow('EADDRINUSE')
    taken.close()
  })

  it('refuse a Docker of another host, and an MTU that is none (FLAG-37, FLAG-44)', async () => {
    await expect(launch('--docker-api', 'tcp://192.0.2.7:2375')).rejects.toThrow('is not a socket of this host')
    await expect(launch('--mtu', '100')).rejects.toThrow("'100' is not an MTU")
    expect(await launch('--docker-api', 'unix:///run/docker.sock')).toEqual({ dockerApi: 'unix:///run/docker.sock' })
  })

  it('name the devices of Docker’s network and of the overlay, an empty word no Docker at all (FLAG-39, FLAG-44)', async () => {
    const given = { dockerBridge: 'dock.0', weaveBridge: 'overlay' }
    expect(await launch('--docker-bridge', 'dock.0', '--weave-bridge', 'overlay')).toEqual(given)
    expect(await launch('--docker-api', '')).toEqual({ ...given, dockerApi: '' })
    await expect(launch('--docker-bridge', 'no/bridge')).rejects.toThrow('cannot be the name of a bridge')
    await expect(launch('--weave-bridge', 'twelve-chars')).rejects.toThrow('cannot be the name of a bridge')
  })

  it('warn of a whole API that others can reach', async () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    await launch('--http-addr', '0.0.0.0:0').catch(() => undefined)
    await launch('--http-addr', `0.0.0.0:${await freePort()}`)
    expect(written.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/^warning: whoever reaches 0\.0\.0\.0:/),
    ])
    written.mockRestore()
  })
})

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '0.0.0.0', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return port
}
