import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'

/** No Marathon runs here: `Marathon` below is an HTTP server that answers as its API is documented. */
const HOOK = join(PROJECT_ROOT, 'scripts/hooks/marathon-drain.py')

/** Each run of the hook starts Python anew. */
const WITHIN_MS = 60_000

let marathon: Marathon
let home: string

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'marathon-'))
  marathon = new Marathon({ '/web': ['a', 'b'], '/team/api': ['192.0.2.97'] })
  await marathon.listen()
})

afterEach(() => {
  marathon.close()
  rmSync(home, { recursive: true })
})

describe('the hook for tasks of Marathon', () => {
  it(
    'ends the tasks of the host, by its name or address, once each, and waits until as many run elsewhere',
    async () => {
      expect(await hook('before', 'a')).toEqual(WELL)
      expect(marathon.deleted).toEqual([['web.1', 'team_api.3']])
      expect(marathon.running()).toEqual({ '/web': ['other', 'b'], '/team/api': ['other'] })
    },
    WITHIN_MS,
  )

  it(
    'does nothing where no task is, nor afterwards',
    async () => {
      expect(await hook('before', 'c')).toEqual(WELL)
      expect(await hook('after', 'a')).toEqual(WELL)
      expect(marathon.deleted).toEqual([])
    },
    WITHIN_MS,
  )

  it(
    'gives up naming the tasks when Marathon places them on the host again and again',
    async () => {
      marathon.placesOn = 'a'
      const { exitCode, said } = await hook('before', 'a', { MARATHON_SECONDS: '1' })
      expect([exitCode, said]).toEqual([
        1,
        expect.stringMatching(/^after 1 s there are still tasks on a: .*web\.\d+.*maintenance/),
      ])
    },
    WITHIN_MS,
  )

  it(
    'gives up naming the app when there is no room elsewhere',
    async () => {
      marathon.placesOn = undefined
      const { exitCode, said } = await hook('before', 'a', { MARATHON_SECONDS: '5' })
      expect([exitCode, said]).toEqual([
        1,
        expect.stringContaining('fewer than wanted are running of /team/api, /web:'),
      ])
    },
    WITHIN_MS,
  )

  it(
    'has its name and password from the file that only their owner reads',
    async () => {
      marathon.wants = `Basic ${Buffer.from('ops:hush').toString('base64')}`
      expect(await hook('before', 'a')).toEqual({ exitCode: 1, said: expect.stringMatching(/with 401: .*~\/\.netrc/) })
      expect(marathon.deleted).toEqual([])
      writeFileSync(join(home, '.netrc'), 'machine 127.0.0.1 login ops password hush\n', { mode: 0o600 })
      expect(await hook('before', 'a')).toEqual(WELL)
    },
    WITHIN_MS,
  )

  it.each([
    [{ MARATHON_URL: 'http://127.0.0.1:1' }, /does not answer: .*set MARATHON_URL/],
    [{ MARATHON_URL: 'marathon' }, /is not an answer of Marathon: set MARATHON_URL/],
    [{ MARATHON_URL: 'http://ops:hush@127.0.0.1:1' }, /^MARATHON_URL holds a password, .*: put it into ~\/\.netrc$/],
    [{ MARATHON_SECONDS: 'soon' }, /^MARATHON_SECONDS is 'soon': give a number of seconds from 1 to/],
  ])(
    'names what is wrong and the remedy: %j',
    async (env, words) => {
      expect(await hook('before', 'a', env)).toEqual({ exitCode: 1, said: expect.stringMatching(words) })
      expect(marathon.deleted).toEqual([])
    },
    WITHIN_MS,
  )
})

const WELL = { exitCode: 0, said: '' }

async function hook(moment: string, host: string, further: Readonly<Record<string, string>> = {}) {
  const env = {
    MARATHON_URL: marathon.address,
    MARATHON_SECONDS: '50',
    WEAVE_ADDRESS: `192.0.2.${host.charCodeAt(0)}`,
    HOME: home,
    no_proxy: '*',
    ...further,
  }
  const { exitCode, all } = await execa(HOOK, [moment, host], { reject: false, all: true, env })
  return { exitCode, said: all }
}

interface Task {
  readonly id: string
  readonly appId: string
  readonly host: string
  /** What becomes of it the next time somebody asks. */
  readonly state: 'TASK_RUNNING' | 'TASK_KILLING' | 'TASK_STAGING'
}

/** Ends a task only by and by, and starts another for it, which does not run at once. */
class Marathon {
  readonly deleted: (readonly string[])[] = []
  placesOn: string | undefined = 'other'
  wants: string | undefined
  readonly #instances: Readonly<Record<string, number>>
  #tasks: readonly Task[]
  #count = 0
  readonly #server: Server = createServer(async (request, response) => {
    const body = request.method === 'POST' ? await bodyOf(request) : undefined
    const [status, answer] =
      this.wants === undefined || request.headers.authorization === this.wants
        ? this.#answer(request.url ?? '', body)
        : [401, { message: 'Invalid username or password.' }]
    response.writeHead(status).end(JSON.stringify(answer))
  })

  constructor(apps: Readonly<Record<string, readonly string[]>>) {
    this.#tasks = Object.entries(apps).flatMap(([appId, hosts]) =>
      hosts.map(host => this.#task(appId, host, 'TASK_RUNNING')),
    )
    this.#instances = Object.fromEntries(Object.entries(apps).map(([appId, hosts]) => [appId, hosts.length]))
  }

  async listen(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
  }

  close(): void {
    this.#server.close()
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  running(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(
      Object.keys(this.#instances).map(appId => [appId, this.#runningOf(appId).map(({ host }) => host)]),
    )
  }

  #answer(path: string, body: unknown): readonly [number, unknown] {
    if (path === '/v2/tasks') {
      const tasks = this.#tasks
      this.#goOn()
      return [200, { tasks }]
    }
    if (path === '/v2/tasks/delete?scale=false') {
      const { ids } = body as { readonly ids: readonly string[] }
      this.deleted.push(ids)
      this.#tasks = this.#tasks.map(task => (ids.includes(task.id) ? { ...task, state: 'TASK_KILLING' } : task))
      return [200, { tasks: [] }]
    }
    const appId = path.replace('/v2/apps', '')
    const instances = this.#instances[appId]
    if (instances === undefined) return [404, { message: `App '${appId}' does not exist` }]
    return [200, { app: { id: appId, instances, tasksRunning: this.#runningOf(appId).length } }]
  }

  #goOn(): void {
    const place = this.placesOn
    this.#tasks = this.#tasks.flatMap((task): readonly Task[] => {
      if (task.state !== 'TASK_KILLING') return [{ ...task, state: 'TASK_RUNNING' }]
      return place === undefined ? [] : [this.#task(task.appId, place, 'TASK_STAGING')]
    })
  }

  #runningOf(appId: string): readonly Task[] {
    return this.#tasks.filter(task => task.appId === appId && task.state === 'TASK_RUNNING')
  }

  #task(appId: string, host: string, state: Task['state']): Task {
    this.#count++
    return { id: `${appId.slice(1).replaceAll('/', '_')}.${this.#count}`, appId, host, state }
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks = await request.toArray()
  return JSON.parse(Buffer.concat(chunks as Buffer[]).toString())
}
