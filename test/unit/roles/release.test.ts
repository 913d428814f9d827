import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPython } from './run-python.ts'

describe('a release that is unpacked', () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'release-test-'))
  })

  afterEach(() => rmSync(root, { recursive: true }))

  it('is on the disk before it has its name, and its name before anybody is told', () => {
    mkdirSync(join(root, 'packed', 'bin'), { recursive: true })
    mkdirSync(join(root, 'releases'))
    for (const name of ['weave.mjs', 'bin/weave']) writeFileSync(join(root, 'packed', name), name)
    symlinkSync('bin/weave', join(root, 'packed', 'link'))
    execFileSync('tar', ['-czf', join(root, 'agent.tar.gz'), '-C', join(root, 'packed'), '.'])
    const done = runPython(UNPACK, { root }) as readonly string[]
    expect(readFileSync(join(root, 'releases', 'one', 'bin', 'weave'), 'utf8')).toBe('bin/weave')
    const renamed = done.indexOf('rename')
    expect([...done.slice(0, renamed)].sort()).toEqual(['sync .', 'sync bin', 'sync bin/weave', 'sync weave.mjs'])
    expect(done.slice(renamed)).toEqual(['rename', 'sync releases'])
  })
})

/** Notes what is done in which order. */
const UNPACK = `
import subprocess, weave_release
answer = []
fsync, rename = os.fsync, os.rename

def noting_fsync(handle):
    path = os.readlink('/proc/self/fd/%d' % handle)
    inside = path.partition('/.incoming-')[2]
    answer.append('sync ' + (os.path.relpath(path, root + '/releases/.incoming-' + inside.split('/')[0]) if inside else os.path.basename(path)))
    fsync(handle)

def noting_rename(old, new):
    answer.append('rename')
    rename(old, new)

def run_command(argv):
    ended = subprocess.run(argv, capture_output=True, text=True)
    return ended.returncode, ended.stdout, ended.stderr

os.fsync, os.rename = noting_fsync, noting_rename
module = types.SimpleNamespace(params={'incoming': root}, run_command=run_command)
weave_release.unpack(module, 'agent.tar.gz', root + '/releases/one')
`
