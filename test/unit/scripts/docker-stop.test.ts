import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'

/** No host is here: `ssh` and `docker` are programs of the test, found by PATH, which keep the containers in a file. */
const HOOK = join(PROJECT_ROOT, 'scripts/hooks/docker-stop.py')

/** Each run starts Python several times. */
const WITHIN_MS = 60_000

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'docker-stop-'))
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin', 'docker'), DOCKER, { mode: 0o755 })
  writeFileSync(join(folder, 'bin', 'ssh'), SSH, { mode: 0o755 })
  hasContainers({ database: { isRunning: true }, web: { isRunning: true }, retired: { isRunning: false } })
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('the hook for containers of plain Docker', () => {
  it(
    'stops over SSH what is running, with grace, and starts exactly that again, the oldest first',
    async () => {
      expect(await hook('before')).toEqual(WELL)
      expect(running()).toEqual([])
      expect(await hook('after')).toEqual(WELL)
      expect(running()).toEqual(['database', 'web'])
      expect(deeds()).toEqual(['192.0.2.7 stop -t 7 database web', '192.0.2.7 start database web'])
    },
    WITHIN_MS,
  )

  it(
    'remembers over a second run what the first had stopped, and forgets it once it was started',
    async () => {
      await hook('before')
      hasContainers({ database: { isRunning: false }, web: { isRunning: false }, late: { isRunning: true } })
      expect(await hook('before')).toEqual(WELL)
      expect(await hook('after')).toEqual(WELL)
      expect(running()).toEqual(['database', 'web', 'late'])
      hasContainers({ database: { isRunning: false } })
      expect(await hook('after')).toEqual(WELL)
      expect(running()).toEqual([])
    },
    WITHIN_MS,
  )

  it(
    'starts again what it had stopped when one does not stop',
    async () => {
      hasContainers({ web: { isRunning: true }, stuck: { isRunning: true, isStuck: true } })
      const { exitCode, said } = await hook('before')
      expect([exitCode, said]).toEqual([1, expect.stringMatching(/cannot stop stuck.*was started again$/s)])
      expect(running()).toEqual(['web', 'stuck'])
      hasContainers({ web: { isRunning: false } })
      expect(await hook('after')).toEqual(WELL)
      expect(running()).toEqual([])
    },
    WITHIN_MS,
  )

  it(
    'stops nothing where a container could not be started again, and names it',
    async () => {
      hasContainers({ web: { isRunning: true }, once: { isRunning: true, isRemoved: true } })
      expect(await hook('before')).toEqual({
        exitCode: 1,
        said: expect.stringMatching(/removes once .*none was stopped/),
      })
      expect([running(), readdirSync(folder).includes('stopped')]).toEqual([['web', 'once'], false])
    },
    WITHIN_MS,
  )

  it(
    'says once which were removed meanwhile, and starts the others',
    async () => {
      await hook('before')
      hasContainers({ web: { isRunning: false } })
      expect(await hook('after')).toEqual({ exitCode: 1, said: expect.stringMatching(/^[0-9a-f]{12} were removed/) })
      expect(running()).toEqual(['web'])
      expect(await hook('after')).toEqual(WELL)
    },
    WITHIN_MS,
  )

  it(
    'ends at once when it is interrupted, and remembers for the next run what it was stopping',
    async () => {
      hasContainers({ web: { isRunning: true, isInterrupted: true } })
      const direct = { DOCKER_OF_HOST: 'docker', AT: 'here' }
      expect(await hook('before', direct)).toEqual({
        exitCode: 1,
        said: expect.stringMatching(/^interrupted: .*after web1/),
      })
      hasContainers({ web: { isRunning: false } })
      expect(await hook('before')).toEqual(WELL)
      expect(await hook('after')).toEqual(WELL)
      expect(running()).toEqual(['web'])
    },
    WITHIN_MS,
  )

  it.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
    ['after', {}, /web1-192\.0\.2\.7\.json is missing.*share DOCKER_STOPPED/],
    ['before', { DOCKER_GRACE: 'long' }, /^DOCKER_GRACE is 'long': give a number/],
    ['before', { DOCKER_OF_HOST: '/nonexistent/docker' }, /cannot be run.*correct DOCKER_OF_HOST/],
    ['before', { DOCKER_OF_HOST: 'echo {host}' }, /does not print containers as Docker does/],
    ['before', { DOCKER_OF_HOST: 'ssh gone docker' }, /ended with 255: .*No route to host/],
    ['before', { WEAVE_ADDRESS: '' }, /^WEAVE_ADDRESS is not set/],
  ])(
    'names what is wrong and the remedy, and stops nothing: %s with %j',
    async (moment, env, words) => {
      expect(await hook(moment, env)).toEqual({ exitCode: 1, said: expect.stringMatching(words) })
      expect(running()).toEqual(['database', 'web'])
    },
    WITHIN_MS,
  )
})

const WELL = { exitCode: 0, said: '' }

async function hook(moment: string, further: Readonly<Record<string, string>> = {}) {
  const env = {
    PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
    WEAVE_ADDRESS: '192.0.2.7',
    DOCKER_GRACE: '7',
    DOCKER_STOPPED: join(folder, 'stopped'),
    LAB: folder,
    ...further,
  }
  const { exitCode, all } = await execa(HOOK, [moment, 'web1'], { reject: false, all: true, env })
  return { exitCode, said: all }
}

interface Container {
  readonly isRunning: boolean
  /** Does not stop. */
  readonly isStuck?: true
  /** Goes when it is stopped. */
  readonly isRemoved?: true
  /** Whoever stops it is interrupted meanwhile. */
  readonly isInterrupted?: true
}

/** The oldest first. */
function hasContainers(containers: Readonly<Record<string, Container>>): void {
  writeFileSync(join(folder, 'containers'), JSON.stringify(containers))
}

function running(): readonly string[] {
  const containers = JSON.parse(readFileSync(join(folder, 'containers'), 'utf8')) as Readonly<Record<string, Container>>
  return Object.keys(containers).filter(name => containers[name]?.isRunning)
}

function deeds(): readonly string[] {
  return readFileSync(join(folder, 'deeds'), 'utf8').trim().split('\n')
}

/** As ssh does: what comes behind the host is one line for its shell. */
const SSH = `#!/bin/sh
while [ "$1" = -o ]; do shift 2; done
AT=$1; export AT; shift
[ "$AT" != gone ] || { echo 'ssh: connect to host gone port 22: No route to host' >&2; exit 255; }
exec sh -c "$*"
`

/** Ids are of 64 digits; ps tells the newest first; stop and start go on behind one that fails, and end with 1. */
const DOCKER = `#!/usr/bin/env python3
import hashlib, json, os, signal, sys
lab = os.environ['LAB']
path = os.path.join(lab, 'containers')
containers = json.load(open(path))
names = {hashlib.sha256(name.encode()).hexdigest(): name for name in containers}
verb, words = sys.argv[1], sys.argv[2:]
ids = [word for word in words if len(word) == 64]
code = 0
if verb == 'ps':
    assert words[-2:] == ['-q', '--no-trunc'], words
    for one in reversed(list(names)):
        if '-a' in words or containers[names[one]]['isRunning']:
            print(one)
elif verb == 'inspect':
    print(json.dumps([{'Id': one, 'Name': '/' + names[one], 'HostConfig': {'AutoRemove': 'isRemoved' in containers[names[one]]}}
                      for one in ids]))
else:
    for one in ids:
        if verb == 'stop' and 'isInterrupted' in containers[names[one]]:
            os.kill(os.getppid(), signal.SIGTERM)
            signal.pause()
        if verb == 'stop' and 'isStuck' in containers[names[one]]:
            print('Error response from daemon: cannot stop ' + names[one], file=sys.stderr)
            code = 1
        else:
            containers[names[one]]['isRunning'] = verb == 'start'
    json.dump(containers, open(path, 'w'))
    with open(os.path.join(lab, 'deeds'), 'a') as log:
        print(os.environ['AT'], verb, *[names.get(word, word) for word in words], file=log)
sys.exit(code)
`
