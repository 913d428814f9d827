import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectRoot } from '../../../../src/cli/project-root.ts'
import { useUnreaped } from '../../unreaped.ts'

/** The script of the golden host, with a router that only notes that it runs. */
const GOLDEN = join(projectRoot(), 'test', 'golden', 'hosts', 'sysvinit', 'files')
const ROUTER = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
trap 'kill $!; rm -f weave.pid; exit' TERM
sleep 600 & echo $$ >weave.pid; touch control.sock
wait
`
const FUNCTIONS = `log_daemon_msg() { :; }; log_end_msg() { return "$1"; }; log_success_msg() { echo "$1"; }; log_failure_msg() { echo "$1"; }\n`

let folder: string
let script: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weave-init-'))
  program('weave', ROUTER)
  program('assert-bridge', '#!/bin/sh\n')
  program('supervise', placed('usr/local/lib/weave/supervise'))
  writeFileSync(join(folder, 'init-functions'), FUNCTIONS)
  script = program('init', placed('etc/init.d/weave'))
})
afterEach(() => {
  run('stop')
  rmSync(folder, { recursive: true })
})

describe('/etc/init.d/weave', () => {
  const unreaped = useUnreaped()

  it('starts the supervisor once, says that it runs, and stops it with its router', async () => {
    expect(run('status')).toEqual({ code: 3, said: 'weave is not running\n' })
    expect(run('start').code).toBe(0)
    const [supervisor, router] = [await idIn('supervise.pid'), await idIn('weave.pid')]
    expect(run('status')).toEqual({ code: 0, said: 'weave is running\n' })
    expect(run('start').code).toBe(0)
    expect([await idIn('supervise.pid'), await idIn('weave.pid')]).toEqual([supervisor, router])
    expect(run('stop').code).toBe(0)
    expect([supervisor, router].map(commandLine)).toEqual(['', ''])
  })

  it.each([
    ['of another program', () => process.pid],
    ['of a process that has ended and is still listed', () => unreaped().pid],
    ['of nobody', () => 2 ** 22 + 1],
  ])('takes a number %s for no supervisor', (_, id) => {
    writeFileSync(join(folder, 'supervise.pid'), `${id()}\n`)
    expect(run('status')).toEqual({ code: 1, said: 'weave is not running\n' })
  })

  it('starts, and ends no other program, whose number the pid files have by now', async () => {
    for (const name of ['supervise.pid', 'weave.pid']) writeFileSync(join(folder, name), `${process.pid}\n`)
    expect(run('start').code).toBe(0)
    expect(commandLine(await idIn('supervise.pid'))).toContain(join(folder, 'supervise'))
  })

  it('starts both again after the supervisor was killed, and leaves no second router', async () => {
    run('start')
    const [supervisor, orphan] = [await idIn('supervise.pid'), await idIn('weave.pid')]
    process.kill(supervisor, 'SIGKILL')
    expect(run('start').code).toBe(0)
    expect(await idIn('weave.pid')).not.toBe(orphan)
    expect(commandLine(orphan)).toBe('')
    expect(run('status').code).toBe(0)
  })
})

function program(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

function placed(path: string): string {
  return readFileSync(join(GOLDEN, path), 'utf8')
    .replace(/\/usr\/local\/(bin|lib\/weave)(?=\/(weave|supervise|assert-bridge)\b)/g, folder)
    .replaceAll('/run/weave', folder)
    .replace('/var/log/weave.log', join(folder, 'log'))
    .replace('/lib/lsb/init-functions', join(folder, 'init-functions'))
    .replace(`install -d -m 0700 ${folder} /var/lib/weave`, ':')
    .replace('! -S', '! -e')
    .replace('sleep 1\n', 'sleep 0.1\n')
    .replace('READY_SECONDS_MAX=10', 'READY_SECONDS_MAX=400')
}

function run(verb: string) {
  const { status, stdout, stderr } = spawnSync(script, [verb], { encoding: 'utf8' })
  return { code: status, said: stdout + stderr }
}

/** Waits for the file: of the router it may be the last one's for a moment. */
async function idIn(name: string): Promise<number> {
  const path = join(folder, name)
  for (;;) {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    if (text.endsWith('\n')) return Number(text)
    await sleep(10)
  }
}

/** Empty when it has ended, though it may still be listed. */
function commandLine(id: number): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8')
  } catch (cause) {
    expect(['ENOENT', 'ESRCH']).toContain((cause as NodeJS.ErrnoException).code)
    return ''
  }
}
