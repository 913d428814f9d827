import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPython } from './run-python.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'record-test-'))
})

afterEach(() => rmSync(root, { recursive: true }))

describe('the record of what was there before', () => {
  it('brings a foreign file back, with its mode', () => {
    const path = join(root, 'docker')
    writeFileSync(path, 'theirs\n', { mode: 0o640 })
    run(
      `record.remember_file(path, 'docker')
weave_host.write_atomic(path, b'ours', '0644')
record.save()
weave_host.Record().restore_file(path)`,
      path,
    )
    expect(readFileSync(path, 'utf8')).toBe('theirs\n')
    expect(statSync(path).mode & 0o777).toBe(0o640)
  })

  it('takes a file away that was not there', () => {
    const path = join(root, 'weave')
    run(
      `record.remember_file(path, 'bridge')
weave_host.write_atomic(path, b'ours', '0644')
record.restore_file(path)`,
      path,
    )
    expect(existsSync(path)).toBe(false)
  })

  it('never takes what we wrote for an original', () => {
    const path = join(root, 'docker')
    writeFileSync(path, 'theirs\n')
    run(
      `record.remember_file(path, 'docker')
weave_host.write_atomic(path, b'ours', '0644')
record.remember_file(path, 'docker')
record.restore_file(path)`,
      path,
    )
    expect(readFileSync(path, 'utf8')).toBe('theirs\n')
  })

  it('knows the folders that it has made', () => {
    mkdirSync(join(root, 'etc'))
    const path = join(root, 'etc/a/b/file')
    const folders = run(`record.make_folders_for(path)\nanswer = record.content['folders']`, path)
    expect(folders).toEqual([join(root, 'etc/a'), join(root, 'etc/a/b')])
  })

  it('is for root’s eyes only', () => {
    run(`record.expect_service('docker', 'restart')\nrecord.save()`, '')
    expect(statSync(join(root, 'state')).mode & 0o777).toBe(0o700)
    expect(statSync(join(root, 'state/originals/record.json')).mode & 0o777).toBe(0o600)
  })

  it('is not written on a host where nothing was done', () => {
    run('record.save()', '')
    expect(existsSync(join(root, 'state'))).toBe(false)
  })
})

describe('what a service needs', () => {
  it('outlives a run that was cut off, and a lesser need of the next', () => {
    const pending = run(
      `record.expect_service('weave', 'restart')
record.save()
again = weave_host.Record()
again.expect_service('weave', 'reload')
again.save()
answer = weave_host.Record().pending`,
      '',
    )
    expect(pending).toEqual({ weave: 'restart' })
  })

  it('is settled when the service has taken it up', () => {
    const pending = run(
      `record.expect_service('weave', 'restart')
record.save()
record.settle_service('weave')
answer = weave_host.Record().pending`,
      '',
    )
    expect(pending).toEqual({})
  })

  const config = '/etc/weave/agent-config.json'
  const manifest = '/etc/weave/manifest.json'

  it.each([
    ['other targets', config, { targets: [], mtu: 1 }, { targets: ['a'], mtu: 1 }, 'reload'],
    ['another MTU', config, { targets: [], mtu: 1 }, { targets: [], mtu: 2 }, 'restart'],
    ['a key that was not there', config, { targets: [] }, { targets: [], mtu: 2 }, 'restart'],
    ['another manifest', manifest, { version: 1 }, { version: 2 }, 'reload'],
    ['another unit', '/etc/systemd/system/weave.service', {}, { a: 1 }, 'restart'],
    ['a file that it never reads', '/etc/logrotate.d/weave', {}, { a: 1 }, 'nothing'],
  ])('after %s', (_, path, before, after, expected) => {
    const parameters = {
      inert: ['/etc/logrotate.d/weave'],
      reloads: { [config]: ['targets'], [manifest]: [] },
      takes_effect: true,
    }
    const program = `import weave_files
answer = weave_files.need_of(given['parameters'], given['path'], given['before'].encode(), given['after'].encode())`
    const given = { parameters, path, before: JSON.stringify(before), after: JSON.stringify(after) }
    expect(runPython(program, given)).toBe(expected)
  })

  it('is nothing when the site restarts its services itself', () => {
    const parameters = { inert: [], reloads: {}, takes_effect: false }
    const program = `import weave_files\nanswer = weave_files.need_of(given['parameters'], '/a', b'', b'x')`
    expect(runPython(program, { parameters })).toBe('nothing')
  })
})

describe('the last words of a service', () => {
  it.each([
    ['failed to start daemon: pid file found', true],
    ['time="2026" level=error msg="no"', true],
    ['error: port 6783 is taken', true],
    ['{"level":"error","message":"router stops"}', true],
    ['time="2026" level=info msg="stopping event stream" error="<nil>"', false],
  ])('%s tells: %s', (line, expected) => {
    const program = `answer = weave_host.TELLING.search(given['line']) is not None`
    expect(runPython(program, { line })).toBe(expected)
  })
})

function run(program: string, path: string): unknown {
  const prepared = `answer = None\nrecord = weave_host.Record()\npath = given['path']\n${program}`
  return runPython(prepared, { root, path })
}
