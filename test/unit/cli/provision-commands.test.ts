import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { createProgram, runProgram } from '../../../src/cli/provision/program.ts'
import { schemaOf, violations } from '../../json-schema.ts'

/** Most of these run Ansible's real programs. */
const TIMEOUT_MS = 60_000

let folder: string
let inventory: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weave-cli-'))
  inventory = join(folder, 'hosts.yml')
  writeFileSync(join(folder, 'password'), 'secret\n')
  writeHosts('a: {ansible_host: 192.0.2.1}, b: {ansible_host: 192.0.2.2}')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  process.exitCode = undefined
})

function writeHosts(hosts: string): void {
  writeFileSync(inventory, `weave: {hosts: {${hosts}}}\n`)
}

/** What a user sees of a command. */
async function run(...args: readonly string[]) {
  const seen = { out: '', err: '' }
  const collect = (stream: keyof typeof seen) => (text: unknown) => {
    seen[stream] += String(text)
    return true
  }
  const out = jest.spyOn(process.stdout, 'write').mockImplementation(collect('out'))
  const err = jest.spyOn(process.stderr, 'write').mockImplementation(collect('err'))
  try {
    process.exitCode = undefined
    const code = await runProgram(createProgram(), ['node', 'weave-provision', ...args])
    return { code, ...seen }
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
}

function render(...args: readonly string[]) {
  const password = join(folder, 'password')
  return run('render', '-i', inventory, '-o', join(folder, 'out'), '--vault-password-file', password, ...args)
}

describe('plan', () => {
  it(
    'shows hosts, numbers, ranges and peers, and writes nothing',
    async () => {
      const before = readdirSync(folder)
      const { code, out } = await run('plan', '-i', inventory, '--offline')
      expect(code).toBe(2)
      expect(out).toMatch(
        /^a +1 +10\.2\.0\.1\/16 +10\.2\.1\.0\/24 +192\.0\.2\.1 +auto +auto +auto +192\.0\.2\.2:6783$/m,
      )
      expect(out).toContain('+ b gets number 2')
      expect(readdirSync(folder)).toEqual(before)
    },
    TIMEOUT_MS,
  )

  it(
    'tells changes by its exit code',
    async () => {
      expect((await run('plan', '-i', inventory, '--offline')).code).toBe(2)
      await render()
      const same = await run('plan', '-i', inventory, '--offline', '--detailed-exitcode')
      expect([same.code, same.out.includes('Nothing changes')]).toEqual([0, true])
      writeHosts('b: {ansible_host: 192.0.2.2}, c: {ansible_host: 192.0.2.3}')
      const { code, out } = await run('plan', '-i', inventory, '--offline', '--json')
      expect([code, violations(schemaOf('plan'), JSON.parse(out))]).toEqual([2, []])
      const plan = JSON.parse(out) as { hosts: { name: string; index: number }[]; changes: { text: string }[] }
      expect(plan.hosts.map(({ name, index }) => `${name} ${index}`)).toEqual(['b 2', 'c 3'])
      expect(plan.changes.map(({ text }) => text)).toEqual([
        'a goes; number 1 stays reserved for its return',
        'c gets number 3',
      ])
    },
    TIMEOUT_MS,
  )

  it(
    'names every problem with its remedy, and ends with 1: 2 would say that there are changes',
    async () => {
      writeHosts('a: {ansible_host: 10.2.0.1, weave_mtu: 9}, b: {ansible_host: nowhere.example.org}')
      const { code, out, err } = await run('plan', '-i', inventory, '--offline')
      expect([code, out]).toEqual([1, ''])
      expect(err.match(/^error: /gm)).toHaveLength(3)
      expect(err.match(/^remedy: /gm)).toHaveLength(3)
    },
    TIMEOUT_MS,
  )

  it('takes one inventory only', async () => {
    const { code, err } = await run('plan', '-i', inventory, '-i', folder)
    expect([code, err.includes('Give one inventory')]).toEqual([1, true])
  })
})

describe('validate', () => {
  it(
    'needs no host, and names all that is wrong',
    async () => {
      const good = await run('validate', '-i', inventory)
      expect([good.code, good.out]).toEqual([0, expect.stringContaining('2 hosts')])
      writeHosts('a: {ansible_host: 10.2.0.1, weave_mtu: 9}, b: {ansible_host: nowhere.example.org}')
      const bad = await run('validate', '-i', inventory)
      expect([bad.code, bad.err.match(/^remedy: /gm)?.length]).toEqual([2, 3])
    },
    TIMEOUT_MS,
  )
})

describe('render', () => {
  it(
    'writes each host’s files, private where they are secret, and the same ones the second time',
    async () => {
      writeFileSync(join(folder, 'facts.json'), JSON.stringify({ a: factsOf(1), b: factsOf(2) }))
      const first = await render('--facts', join(folder, 'facts.json'))
      expect([first.code, first.err]).toEqual([0, ''])
      const before = treeOf(join(folder, 'out'))
      expect(statSync(join(folder, 'out/a')).mode & 0o777).toBe(0o700)
      expect(statSync(join(folder, 'out/a/files/etc/weave/admission.key')).mode & 0o777).toBe(0o600)
      await render('--facts', join(folder, 'facts.json'))
      expect(treeOf(join(folder, 'out'))).toEqual(before)
    },
    TIMEOUT_MS,
  )

  it(
    'of part of the hosts knows the keys of the others',
    async () => {
      writeFileSync(join(folder, 'facts.json'), JSON.stringify({ a: factsOf(1), b: factsOf(2) }))
      await render('--facts', join(folder, 'facts.json'))
      const before = treeOf(join(folder, 'out'))['b/files/etc/weave/manifest.json']
      writeFileSync(join(folder, 'facts.json'), JSON.stringify({ b: factsOf(2) }))
      await render('--facts', join(folder, 'facts.json'))
      expect(treeOf(join(folder, 'out'))['b/files/etc/weave/manifest.json']).toBe(before)
    },
    TIMEOUT_MS,
  )

  it(
    'forgets a removed host, and leaves a folder of others alone',
    async () => {
      await render()
      writeHosts('b: {ansible_host: 192.0.2.2}')
      await render()
      expect(readdirSync(join(folder, 'out')).sort()).toEqual(['b', 'cluster.json'])
      const { code, err } = await run(
        'render',
        '-i',
        inventory,
        '-o',
        folder,
        '--vault-password-file',
        join(folder, 'password'),
      )
      expect([code, err.includes('holds other things')]).toEqual([2, true])
    },
    TIMEOUT_MS,
  )

  it(
    'ends with the cause when the folder cannot be made, and keeps neither numbers nor keys',
    async () => {
      const password = join(folder, 'password')
      const before = readdirSync(folder)
      const { code, err } = await run('render', '-i', inventory, '-o', '/proc/x/y', '--vault-password-file', password)
      expect([code, err.includes('error: cannot write to /proc/x/y')]).toEqual([1, true])
      expect(readdirSync(folder)).toEqual(before)
    },
    TIMEOUT_MS,
  )

  it(
    'says when a host comes with another identity',
    async () => {
      for (const key of [1, 3]) {
        writeFileSync(join(folder, 'facts.json'), JSON.stringify({ a: factsOf(key) }))
        const { err } = await render('--facts', join(folder, 'facts.json'))
        expect(err.includes("Host 'a' has another identity")).toBe(key === 3)
      }
    },
    TIMEOUT_MS,
  )
})

describe('the program', () => {
  it('tells its version', async () => {
    const { code, out } = await run('--version')
    expect([code, out]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)])
  })

  it('has examples in the help of each command that reads an inventory', async () => {
    for (const command of [
      'plan',
      'render',
      'up',
      'down',
      'verify',
      'validate',
      'preflight',
      'history',
      'rollback',
      'audit',
    ]) {
      expect((await run(command, '--help')).out).toContain(`$ weave-provision ${command}`)
    }
  })

  it.each([[['plna']], [['up']], [['up', '-i', 'x', '--no-such-option']], [[]]])(
    'ends with 2 and says how to get help: %j',
    async args => {
      const { code, err } = await run(...args)
      expect(code).toBe(2)
      expect(err).toMatch(/remedy: weave-provision --help|Usage:/)
    },
  )

  it('says of a wrong value what to give', async () => {
    const { err } = await run('logs', 'a', '-i', 'x', '--tail', 'all')
    expect(err).toMatch(/^error: option '--tail <lines>' argument 'all' is invalid\. Give a number from 1 to 99999\.\n/)
  })
})

function factsOf(key: number): unknown {
  return {
    publicKey: Buffer.alloc(32, key).toString('base64'),
    initSystem: 'systemd',
    networkTool: 'ifupdown',
    dockerPackage: 'docker.io',
    dockerUnitReadsDefaults: true,
    addresses: [],
    files: { '/etc/network/interfaces': 'source /etc/network/interfaces.d/*\n' },
  }
}

function treeOf(root: string): Readonly<Record<string, string>> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const paths = files.map(entry => join(entry.parentPath, entry.name)).sort()
  return Object.fromEntries(paths.map(path => [path.slice(root.length + 1), readFileSync(path, 'utf8')]))
}

it.each([
  [['--canary', 'c'], "--canary: 'c' is not among the hosts of this run"],
  [['--canary', 'b', '--limit', 'a'], "--canary: 'b' is not among the hosts of this run"],
  [['--limit', 'c'], "the inventory has no host 'c'"],
])(
  '`up` with a host that it does not have is refused before any is contacted: %j',
  async (words, cause) => {
    const before = readdirSync(folder)
    const { code, out, err } = await run('up', '-i', inventory, '--yes', ...words)
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(cause)])
    expect(readdirSync(folder)).toEqual(before)
  },
  TIMEOUT_MS,
)

describe('a change of the membership', () => {
  it.each([
    [['remove', 'a', '--limit', 'b', '--yes'], 'leave out --limit'],
    [['revoke', 'a', '--limit', 'b', '--yes'], 'leave out --limit'],
    [['remove', 'a', '--resume', '--yes'], 'leave out --resume'],
    [['add', 'a', '--resume', '--yes'], 'leave out --resume'],
    [['rotate', '--resume', '--yes'], 'leave out --limit, --check and --resume'],
  ])('refuses what it would have to ignore: %j', async (words, remedy) => {
    const before = readdirSync(folder)
    const { code, err } = await run(...words, '-i', inventory)
    expect([code, err]).toEqual([2, expect.stringContaining(remedy)])
    expect(readdirSync(folder)).toEqual(before)
  })
})
