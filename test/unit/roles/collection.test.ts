import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'

const SITE = `
- name: Agents of a cluster
  hosts: mesos_agents
  become: true
  roles:
    - role: weave.overlay.weave_docker
- name: Masters, which bring their own Docker role
  hosts: mesos_masters
  tasks:
    - name: Join the overlay
      ansible.builtin.import_role:
        name: weave.overlay.weave
`

const INVENTORY = `
[mesos_agents]
agent1 ansible_host=192.0.2.1 weave_group=all
[mesos_masters]
master1 ansible_host=192.0.2.2 weave_group=all
`

/** Built and installed as a user does, where nothing else of this project is. */
describe('the collection, installed from its file', () => {
  let folder: string
  let installed: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'collection-test-'))
    installed = join(folder, 'collections', 'ansible_collections', 'weave', 'overlay')
    const built = run('node', [join(PROJECT_ROOT, 'scripts/release/collection.mjs'), folder])
    const file = built.trim().split('\n').at(-1) ?? ''
    run('ansible-galaxy', ['collection', 'install', '-p', join(folder, 'collections'), file])
    writeFileSync(join(folder, 'site.yml'), SITE)
    writeFileSync(join(folder, 'hosts'), INVENTORY)
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  it('has roles that a playbook imports by their full names', () => {
    const tasks = run('ansible-playbook', ['-i', 'hosts', '--list-tasks', 'site.yml'])
    for (const play of tasks.split('play #').slice(1)) {
      expect(play).toContain('Read the host and refuse what cannot carry the overlay')
    }
    expect(tasks).toContain('weave.overlay.weave_docker : Tell Docker of the bridge')
  })

  it('documents their variables', () => {
    const shown = run('ansible-doc', ['-t', 'role', 'weave.overlay.weave', 'weave.overlay.weave_docker'])
    for (const variable of ['weave_verify_seconds', 'weave_node', 'weave_docker_before_restart']) {
      expect(shown).toContain(variable)
    }
  })

  it('has modules that find their shared code in it', () => {
    writeFileSync(join(folder, 'probe.yml'), PROBE)
    const said = run('ansible-playbook', ['-i', 'localhost,', '-c', 'local', 'probe.yml'])
    expect(said).toMatch(/failed=0/)
  })

  it('refuses a host outside the group of the overlay, for which nothing is rendered', () => {
    writeFileSync(join(folder, 'outside.yml'), OUTSIDE)
    expect(() => run('ansible-playbook', ['-i', 'localhost,', '-c', 'local', 'outside.yml'])).toThrow(
      expect.objectContaining({
        stdout: expect.stringMatching(/not in the group of the overlay.*add it to the group that weave_group names/s),
      }),
    )
  })

  it('brings the provisioner, which renders without anything else of the project', () => {
    const password = join(folder, 'password')
    writeFileSync(password, 'secret\n')
    const words = ['render', '-i', 'hosts', '-o', 'out', '--vault-password-file', password, '--json']
    const { hosts } = JSON.parse(run(process.execPath, [join(installed, 'bin/weave-provision.mjs'), ...words])) as {
      hosts: { host: string }[]
    }
    expect(hosts.map(({ host }) => host)).toEqual(['agent1', 'master1'])
  })

  function run(command: string, words: readonly string[]): string {
    const env = {
      ...process.env,
      ANSIBLE_COLLECTIONS_PATH: join(folder, 'collections'),
      ANSIBLE_LOCALHOST_WARNING: '0',
    }
    return execFileSync(command, words, { encoding: 'utf8', cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  }
})

/** A question that changes nothing, on this machine. */
const PROBE = `
- hosts: all
  gather_facts: false
  tasks:
    - weave.overlay.weave_probe:
        subnet: 198.18.0.0/15
        port: 1
        bridge: none
        agent_digest: none
        runtime_version: none
        surveys: true
`

const OUTSIDE = `
- hosts: all
  gather_facts: false
  tasks:
    - weave.overlay.weave_files:
        folder: /nonexistent/localhost
        parts: [router]
`
