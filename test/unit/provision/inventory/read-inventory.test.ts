import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { UserError } from '../../../../src/base/user-error.ts'
import { projectRoot } from '../../../../src/cli/project-root.ts'
import { parseInventory } from '../../../../src/provision/inventory/parse-inventory.ts'
import { readInventory } from '../../../../src/provision/inventory/read-inventory.ts'
import { LOCK_NAME, SECRETS_NAME } from '../../../../src/provision/lock/state-paths.ts'
import { EMPTY_LOCK } from '../../../../src/provision/plan/lock.ts'
import { makePlan } from '../../../../src/provision/plan/plan.ts'

/** These run the real ansible-inventory, as the program does. */
const TIMEOUT_MS = 60_000

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weave-inventory-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function read(files: Readonly<Record<string, string>>, path = '.') {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return parseInventory(await readInventory(join(folder, path)))
}

async function failure(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (!(error instanceof UserError)) throw new Error(`expected a UserError, got ${String(error)}`)
  return error
}

describe('an inventory', () => {
  it(
    'is read with group_vars, in either form, from a file or a folder',
    async () => {
      const ini = await read({
        hosts: '[weave]\na ansible_host=192.0.2.1 weave_index=4\n',
        'group_vars/weave.yml': 'weave_port: 7000\n',
      })
      expect(ini.inventory.hosts[0]).toMatchObject({
        name: 'a',
        index: 4,
        port: 7000,
        underlayAddresses: ['192.0.2.1'],
      })
      expect((await read({}, 'hosts')).inventory).toEqual(ini.inventory)
    },
    TIMEOUT_MS,
  )

  it(
    'given as a folder is not disturbed by what is kept in it',
    async () => {
      const files = { 'hosts.yml': 'weave: {hosts: {a: {ansible_host: 192.0.2.1}}}\n' }
      const before = await read(files)
      const after = await read({
        [LOCK_NAME]: 'format: 1\nhosts: {b: {index: 1}}\n',
        [SECRETS_NAME]: '$ANSIBLE_VAULT;1.1;AES256\n00\n',
      })
      expect(after).toEqual(before)
    },
    TIMEOUT_MS,
  )

  it(
    'may have templates in its variables',
    async () => {
      const text = `weave:
  hosts:
    a: {ansible_host: "{{ private }}", private: 192.0.2.1, weave_docker_options: {label: "{{ private }}"}}
    b: {ansible_host: 192.0.2.2}
`
      const { inventory, problems } = await read({ 'hosts.yml': text })
      expect(problems).toEqual([])
      expect(inventory.hosts[0]).toMatchObject({
        underlayAddresses: ['192.0.2.1'],
        dockerOptions: { label: '192.0.2.1' },
      })
      expect(inventory.hosts[1]).toMatchObject({ underlayAddresses: ['192.0.2.2'] })
    },
    TIMEOUT_MS,
  )

  it(
    'with a template that needs facts is refused with its name',
    async () => {
      const text = 'weave: {hosts: {a: {ansible_host: "{{ ansible_default_ipv4.address }}"}}}\n'
      const { problems } = await failure(read({ 'hosts.yml': text }))
      expect(problems[0]?.cause).toBe(
        "Ansible cannot evaluate ansible_host of host 'a': 'ansible_default_ipv4' is undefined",
      )
    },
    TIMEOUT_MS,
  )

  it('that does not exist is refused', async () => {
    const { problems, exitCode } = await failure(readInventory(join(folder, 'nowhere')))
    expect(problems[0]?.cause).toMatch(/nowhere does not exist$/)
    expect(exitCode).toBe(2)
  })

  it(
    'that is not YAML is refused with file, line and column, though Ansible only warns',
    async () => {
      const { problems } = await failure(read({ 'hosts.yml': 'weave: [\n' }))
      expect(problems[0]?.cause).toMatch(/hosts\.yml, line 2, column 1, is not YAML/)
    },
    TIMEOUT_MS,
  )

  it(
    'with one source that cannot be read is refused as a whole: its hosts would count as removed',
    async () => {
      const files = {
        'hosts.yml': 'weave: {hosts: {a: {ansible_host: 192.0.2.1}}}\n',
        'more.aws_ec2.yml': 'plugin: example.cloud.instances\n',
      }
      const { problems } = await failure(read(files))
      expect(problems[0]?.cause).toMatch(/more\.aws_ec2\.yml needs the plugin example\.cloud\.instances/)
      expect(problems[0]?.remedy).toContain('ansible-galaxy collection install example.cloud')
    },
    TIMEOUT_MS,
  )

  it('cannot be read without Ansible, and the remedy says how to get it', async () => {
    const path = process.env.PATH
    process.env.PATH = folder
    try {
      const { problems } = await failure(readInventory(folder))
      expect(problems[0]?.remedy).toContain('apt-get install ansible-core')
    } finally {
      process.env.PATH = path
    }
  })
})

describe('the inventories that come with the project', () => {
  async function planOf(inventory: string, file = '') {
    cpSync(join(projectRoot(), 'inventories', inventory), folder, { recursive: true })
    const parsed = parseInventory(await readInventory(join(folder, file)))
    expect(parsed.problems).toEqual([])
    return makePlan({ inventory: parsed.inventory, lock: EMPTY_LOCK })
  }

  it(
    'example is planned as it says',
    async () => {
      const outcome = await planOf('example')
      const hosts = outcome.kind === 'planned' ? outcome.plan.hosts : []
      expect(hosts.map(({ name, bridgeAddress }) => `${name} ${bridgeAddress}`)).toEqual([
        'cache 10.2.0.1/16',
        'gateway 10.2.0.2/16',
        'web1 10.2.0.3/16',
        'web2 10.2.0.4/16',
        'database 10.2.0.20/16',
        'legacy 10.2.0.40/16',
      ])
    },
    TIMEOUT_MS,
  )

  it('example shows every variable that is read', () => {
    const root = join(projectRoot(), 'inventories', 'example')
    const files = [
      'hosts.yml',
      'group_vars/all.yml',
      'group_vars/weave.yml',
      'host_vars/database.yml',
      'host_vars/legacy.yml',
    ]
    const shown = files.map(file => readFileSync(join(root, file), 'utf8')).join('')
    const sources = ['parse-inventory.ts', 'host-variables.ts'].map(file =>
      readFileSync(join(projectRoot(), 'src', 'provision', 'inventory', file), 'utf8'),
    )
    const read = new Set(sources.join('').match(/\bweave_\w+/g))
    expect([...read].filter(name => !shown.includes(name))).toEqual([])
  })

  it(
    'aws is planned from its static form',
    async () => {
      const outcome = await planOf('aws', 'hosts.yml')
      expect(
        outcome.kind === 'planned' && outcome.plan.hosts.map(({ underlayAddresses }) => underlayAddresses[0]),
      ).toEqual(['172.31.1.12', '172.31.1.13', '172.31.1.11'])
    },
    TIMEOUT_MS,
  )

  it('aws has a dynamic form in the shape of its plugin; it is not run, because amazon.aws and a cloud are not here', () => {
    const path = join(projectRoot(), 'inventories', 'aws', 'weave.aws_ec2.yml')
    expect(load(readFileSync(path, 'utf8'))).toMatchObject({
      plugin: 'amazon.aws.aws_ec2',
      regions: expect.any(Array),
      hostnames: expect.any(Array),
      keyed_groups: [{ prefix: 'role', key: 'tags.Role' }],
      compose: { ansible_host: expect.any(String), weave_underlay_address: 'private_ip_address' },
    })
  })
})
