import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'

/** A Mesos site's own playbook, as it might use the roles. */
const FOREIGN = `
- name: Agents of a cluster
  hosts: mesos_agents
  become: true
  vars:
    weave_provision_command: [npx, weave-provision]
    weave_subnet: 10.32.0.0/12
  roles:
    - role: weave
    - role: weave_docker
- name: Masters, which bring their own Docker role
  hosts: mesos_masters
  become: true
  tasks:
    - name: Join the overlay
      ansible.builtin.import_role:
        name: weave
`

const INVENTORY = `
[mesos_agents]
agent1 ansible_host=192.0.2.1
[mesos_masters]
master1 ansible_host=192.0.2.2
`

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roles-test-'))
  writeFileSync(join(folder, 'hosts'), INVENTORY)
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('Ansible accepts', () => {
  it.each(['up', 'down', 'verify', 'upgrade', 'survey', 'admit', 'gate', 'operator'])('the playbook %s', name => {
    const path = join(PROJECT_ROOT, 'playbooks', `${name}.yml`)
    expect(ansiblePlaybook('--syntax-check', path)).toContain(`playbook: ${path}`)
  })

  it('a playbook of somebody else that uses the roles', () => {
    const path = join(folder, 'site.yml')
    writeFileSync(path, FOREIGN)
    expect(ansiblePlaybook('--syntax-check', path)).toContain(`playbook: ${path}`)
  })
})

function ansiblePlaybook(option: string, path: string): string {
  const environment = {
    ...process.env,
    ANSIBLE_ROLES_PATH: join(PROJECT_ROOT, 'roles'),
    ANSIBLE_LOCALHOST_WARNING: '0',
  }
  return execFileSync('ansible-playbook', ['-i', join(folder, 'hosts'), option, path], {
    encoding: 'utf8',
    env: environment,
  })
}
