import { once } from 'node:events'
import { ContainerKeeper, type KeeperOptions } from '../../../../src/agent/containers/container-keeper.ts'
import { DEFAULT_PROXY } from '../../../../src/agent/proxy/proxy-settings.ts'

describe('the keeper of containers', () => {
  it('goes on when the records of containers cannot be read, and says so', async () => {
    const { keeper, said } = create(() => {
      throw new Error('EIO: i/o error, scandir')
    })
    keeper.start()
    await said('warn: stray devices not looked for: EIO: i/o error, scandir')
    await keeper.stop()
  })
})

/** On a host with a Docker that has no containers. `ids`: of those that have a record. */
function create(ids: () => readonly string[]) {
  const awaited = new Map<string, () => void>()
  const logged = new Set<string>()
  const idle = async () => undefined
  const options = {
    docker: {
      socketPath: '',
      openEvents: async (signal: AbortSignal) => none(signal),
      list: async () => [],
      find: idle,
    },
    attaching: {},
    leases: { look: idle },
    exposing: { restore: idle, restoreRules: idle },
    store: { ids },
    names: { prune: idle },
    guard: { restore: () => false },
    addresses: { defaultSubnet: idle },
    hasDocker: true,
    hasPlugin: true,
    how: () => DEFAULT_PROXY,
    log: {
      write: (level: string, message: string, fields?: { readonly reason?: string }) => {
        const line = `${level}: ${message}: ${fields?.reason}`
        logged.add(line)
        awaited.get(line)?.()
      },
    },
  } as unknown as KeeperOptions
  const said = (line: string) =>
    new Promise<void>(resolve => {
      if (logged.has(line)) resolve()
      else awaited.set(line, resolve)
    })
  return { keeper: new ContainerKeeper(options), said }
}

/** Until it is told to end. */
async function* none(signal: AbortSignal): AsyncGenerator<never> {
  await once(signal, 'abort')
  yield* []
}
