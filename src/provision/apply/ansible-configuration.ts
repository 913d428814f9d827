import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Whether the configuration file that Ansible will read says how SSH is called: it may name a jump host, and then it counts. */
export function configuresSshArguments(environment: NodeJS.ProcessEnv): boolean {
  return /^\s*ssh_args\s*[=:]/m.test(configurationText(environment))
}

/** Whether it says how many hosts are worked on at a time. */
export function configuresForks(environment: NodeJS.ProcessEnv): boolean {
  return /^\s*forks\s*[=:]/m.test(configurationText(environment))
}

function configurationText(environment: NodeJS.ProcessEnv): string {
  const named = environment.ANSIBLE_CONFIG
  const usual = ['ansible.cfg', join(homedir(), '.ansible.cfg'), '/etc/ansible/ansible.cfg']
  const path = [...(named === undefined || named === '' ? [] : [named]), ...usual].find(candidate =>
    existsSync(candidate),
  )
  return path === undefined ? '' : readFileSync(path, 'utf8')
}
