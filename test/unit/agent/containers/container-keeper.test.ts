import { once } from 'node:events'
import { jest } from '@jest/globals'
import { ContainerKeeper, type KeeperOptions } from '../../../../src/agent/containers/container-keeper.ts'
import type { DockerEvent } from '../../../../src/agent/docker/docker-shapes.ts'
import { DEFAULT_PROXY } from '../../../../src/agent/proxy/proxy-settings.ts'

describe('the keeper of containers', () => {
  afterEach(() => jest.useRealTimers())

  it('stops though Docker hangs', async () => {
    jest.useFakeTimers()
    const { keeper, asked } = create(
      () => [],
      () => new Promise(() => undefined),
    )
    keeper.start()
    await asked
    const stopped = keeper.stop()
    jest.advanceTimersByTime(5_000)
    await stopped
    expect(jest.getTimerCount()).toBe(0)
  })

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
function create(ids: () => readonly string[], list: () => Promise<readonly string[]> = async () => []) {
  let askedFor: () => void = () => undefined
  const asked = new Promise<void>(resolve => {
    askedFor = resolve
  })
  const listed = () => {
    askedFor()
    return list()
  }
  const awaited = new Map<string, () => void>()
  const logged = new Set<string>()
  const idle = async () => undefined
  const options = {
    docker: {
      socketPath: '',
      openEvents: async (signal: AbortSignal) => eventsUntil(signal),
      list: listed,
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
  return { keeper: new ContainerKeeper(options), said, asked }
}

/** Of one container, and then none until it is told to end. */
async function* eventsUntil(signal: AbortSignal): AsyncGenerator<DockerEvent> {
  yield { action: 'start', id: 'c' }
  if (!signal.aborted) await once(signal, 'abort')
}
