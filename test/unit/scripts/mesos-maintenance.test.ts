import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'

const HOOK = join(PROJECT_ROOT, 'scripts/hooks/mesos-maintenance.py')

interface Machine {
  readonly hostname: string
  readonly ip: string
}

interface Window {
  readonly machine_ids: readonly Machine[]
}

/** Each run of the hook starts Python anew. */
const WITHIN_MS = 60_000

let master: Master

beforeEach(async () => {
  master = new Master()
  await master.listen()
})

afterEach(() => master.close())

describe('the hook for agents of Mesos', () => {
  it(
    'takes two agents of a batch down at the same time, and up again, and leaves the windows of others alone',
    async () => {
      master.windows = [{ machine_ids: [{ hostname: 'other', ip: '192.0.2.9' }] }]
      expect(await Promise.all([hook('before', 'a'), hook('before', 'b')])).toEqual([WELL, WELL])
      expect([...master.down].sort()).toEqual(['a', 'b'])
      expect(master.scheduled().sort()).toEqual(['a', 'b', 'other'])
      expect(await Promise.all([hook('after', 'a'), hook('after', 'b')])).toEqual([WELL, WELL])
      expect([[...master.down], master.scheduled()]).toEqual([[], ['other']])
    },
    WITHIN_MS,
  )

  it(
    'does nothing to an agent that is as it should be, as when a rollout is resumed',
    async () => {
      await hook('before', 'a')
      expect(await hook('before', 'a')).toEqual(WELL)
      await hook('after', 'a')
      expect(await hook('after', 'a')).toEqual(WELL)
      expect(master.asked).toEqual(['maintenance/schedule', 'machine/down', 'machine/up'])
    },
    WITHIN_MS,
  )

  it(
    'fails with the words of the master',
    async () => {
      master.refusal = 'not the leader'
      expect(await hook('before', 'a')).toEqual({ exitCode: 1, said: expect.stringContaining('not the leader') })
    },
    WITHIN_MS,
  )
})

const WELL = { exitCode: 0, said: '' }

async function hook(moment: string, host: string) {
  const env = { MESOS_MASTER: master.address, WEAVE_ADDRESS: `192.0.2.${host.charCodeAt(0)}`, no_proxy: '*' }
  const { exitCode, all } = await execa(HOOK, [moment, host], { reject: false, all: true, env })
  return { exitCode, said: all }
}

/** As Mesos does: a schedule replaces the one before, and only what is scheduled can go down. */
class Master {
  readonly down = new Set<string>()
  readonly asked: string[] = []
  windows: readonly Window[] = []
  refusal: string | undefined
  readonly #server: Server = createServer(async (request, response) => {
    const path = (request.url ?? '').slice(1)
    const body = request.method === 'POST' ? await bodyOf(request) : undefined
    if (body !== undefined) this.asked.push(path)
    const [status, answer] = this.refusal === undefined ? this.#answer(path, body) : [503, this.refusal]
    response.writeHead(status).end(answer)
  })

  async listen(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
  }

  close(): void {
    this.#server.close()
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  scheduled(): string[] {
    return this.windows.flatMap(({ machine_ids }) => machine_ids.map(({ hostname }) => hostname))
  }

  #answer(path: string, body: unknown): readonly [number, string] {
    if (path === 'maintenance/status') {
      const machines = this.windows.flatMap(({ machine_ids }) => machine_ids)
      return [200, JSON.stringify({ down_machines: machines.filter(({ hostname }) => this.down.has(hostname)) })]
    }
    if (path === 'maintenance/schedule') {
      if (body === undefined) return [200, JSON.stringify({ windows: this.windows })]
      this.windows = (body as { windows: readonly Window[] }).windows
      return [200, '']
    }
    const hosts = (body as readonly Machine[]).map(({ hostname }) => hostname)
    if (path === 'machine/down') {
      if (!hosts.every(host => this.scheduled().includes(host) && !this.down.has(host))) return [400, 'not draining']
      for (const host of hosts) this.down.add(host)
    } else {
      if (!hosts.every(host => this.down.has(host))) return [400, 'not down']
      for (const host of hosts) this.down.delete(host)
      this.windows = this.windows.filter(
        ({ machine_ids }) => !machine_ids.some(({ hostname }) => hosts.includes(hostname)),
      )
    }
    return [200, '']
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks = await request.toArray()
  return JSON.parse(Buffer.concat(chunks as Buffer[]).toString())
}
