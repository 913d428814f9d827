import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'
import { UserError } from '../../base/user-error.ts'

const INSTALL = ['apt-get', 'install', '-q', '-y', '--no-install-recommends', 'ansible-core', 'openssh-client'] as const

/** Ansible is the one thing that npm cannot bring. On Debian, root gets it without being asked for it by hand. */
export async function ensureAnsible(onNotice: (text: string) => void): Promise<void> {
  if (isOnPath('ansible-playbook')) return
  const command = INSTALL.join(' ')
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    throw new UserError({ cause: 'Ansible is not installed on this machine', remedy: `as root: ${command}` })
  }
  onNotice('Ansible is missing: installing ansible-core …')
  const environment = { DEBIAN_FRONTEND: 'noninteractive' }
  for (const argv of [INSTALL, ['apt-get', 'update', '-q'], INSTALL]) {
    const [program, ...args] = argv
    const result = await execa(program ?? '', args, { reject: false, env: environment, stdin: 'ignore' })
    if (result.exitCode === 0 && isOnPath('ansible-playbook')) return
  }
  throw new UserError({ cause: 'apt-get cannot install ansible-core', remedy: `see why: ${command}` })
}

function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.some(folder => folder !== '' && existsSync(join(folder, program)))
}
