import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { jest } from '@jest/globals'
import { load } from 'js-yaml'
import { projectRoot } from '../../../src/cli/project-root.ts'
import { createProgram, runProgram } from '../../../src/cli/provision/program.ts'
import { schemaOf, violations } from '../../json-schema.ts'

const TIMEOUT_MS = 60_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weave-init-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  process.exitCode = undefined
})

async function run(...args: readonly string[]) {
  const seen = { out: '', err: '' }
  const collect = (stream: keyof typeof seen) => (text: unknown) => {
    seen[stream] += String(text)
    return true
  }
  const out = jest.spyOn(process.stdout, 'write').mockImplementation(collect('out'))
  const err = jest.spyOn(process.stderr, 'write').mockImplementation(collect('err'))
  try {
    return { code: await runProgram(createProgram(), ['node', 'weave-provision', ...args]), ...seen }
  } finally {
    out.mockRestore()
    err.mockRestore()
  }
}

describe('init', () => {
  it('shows paths in the form in which the folder was given', async () => {
    const absolute = await run('init', 'static', '-o', folder, '--host', 'web1=192.0.2.11')
    expect(absolute.out).toContain(`written: ${folder}/hosts.yml\n`)
    expect(absolute.out).toContain(`validate -i ${folder}/hosts.yml &&`)
    const given = relative('.', join(folder, 'sub'))
    expect((await run('init', 'static', '-o', given, '--host', 'web1=192.0.2.11')).out).toContain(
      `written: ${given}/hosts.yml\n`,
    )
  })

  it(
    'writes an inventory of given hosts that is valid as it is',
    async () => {
      const hosts = ['--host', 'web1=192.0.2.11', '--host', 'web2=192.0.2.12']
      const made = await run(
        'init',
        '-o',
        folder,
        ...hosts,
        '--name',
        'shop',
        '--subnet',
        '10.32.0.0/12',
        '--user',
        'deploy',
      )
      expect(made).toMatchObject({ code: 0, out: expect.stringContaining('next: weave-provision validate -i') })
      const { code, out } = await run('validate', '-i', join(folder, 'hosts.yml'), '--json')
      expect([code, JSON.parse(out)]).toEqual([
        0,
        { isValid: true, clusterName: 'shop', subnet: '10.32.0.0/12', hosts: ['web1', 'web2'] },
      ])
      expect(violations(schemaOf('validate'), JSON.parse(out))).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'writes machines of Vagrant and an inventory of the same ones',
    async () => {
      await run('init', 'vagrant', '-o', folder, '--name', 'play')
      const { hosts } = JSON.parse((await run('validate', '-i', join(folder, 'hosts.yml'), '--json')).out)
      const machines = readFileSync(join(folder, 'Vagrantfile'), 'utf8')
      expect([...machines.matchAll(/^ {2}'(\w+)' => '192\.168\.56\.\d+',$/gm)].map(match => match[1])).toEqual(hosts)
    },
    TIMEOUT_MS,
  )

  it('writes for AWS what the example of the project has', async () => {
    await run('init', 'aws', '-o', folder, '--name', 'weave')
    const written = load(readFileSync(join(folder, 'weave.aws_ec2.yml'), 'utf8'))
    const example = load(readFileSync(join(projectRoot(), 'inventories/aws/weave.aws_ec2.yml'), 'utf8')) as object
    expect(example).toMatchObject(written as object)
  })

  it('overwrites nothing, and then writes nothing at all', async () => {
    writeFileSync(join(folder, 'hosts.yml'), 'mine\n')
    const { code, err } = await run('init', '-o', folder)
    expect([code, err]).toEqual([2, expect.stringMatching(/hosts\.yml exists; nothing was written\nremedy:/)])
    expect(readdirSync(folder)).toEqual(['hosts.yml'])
  })

  it.each([
    [['--host', 'web1']],
    [['--host', 'web1=192.0.2.300']],
    [['--host', 'a=192.0.2.1', '--host', 'a=192.0.2.2']],
    [['--subnet', '10.2.1.7/16']],
    [['--name', 'Not this']],
    [['gcp']],
  ])('refuses %j', async words => {
    expect((await run('init', '-o', join(folder, 'x'), ...words)).code).toBe(2)
    expect(readdirSync(folder)).toEqual([])
  })

  it('asks on a terminal for no more than the hosts', () => {
    const program = join(projectRoot(), 'bin/weave-provision.mjs')
    const session = `printf 'web1=192.0.2.11 web2=192.0.2.12\\n' | script -qec '${process.execPath} ${program} init -o ${folder}/asked' /dev/null`
    expect(execFileSync('bash', ['-c', session], { encoding: 'utf8' })).toContain('Hosts, as web1=192.0.2.11')
    expect(readFileSync(join(folder, 'asked', 'hosts.yml'), 'utf8')).toContain('web2: { ansible_host: 192.0.2.12 }')
  })
})
