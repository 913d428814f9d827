import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../base/user-error.ts'
import type { Argv } from './run-command.ts'

export type ServiceVerb = 'start' | 'stop'

/** How the host's init system is told to start or stop the router. */
export interface InitSystem {
  readonly name: 'systemd' | 'upstart' | 'sysvinit'
  command(verb: ServiceVerb): Argv
}

const SYSTEMS: readonly (InitSystem & { readonly marks: readonly string[] })[] = [
  {
    name: 'systemd',
    marks: ['run/systemd/system', 'etc/systemd/system/weave.service'],
    command: verb => ['systemctl', verb, 'weave.service'],
  },
  {
    name: 'upstart',
    marks: ['sbin/initctl', 'etc/init/weave.conf'],
    command: verb => ['initctl', verb, 'weave'],
  },
  {
    name: 'sysvinit',
    marks: ['etc/init.d/weave'],
    command: verb => ['/etc/init.d/weave', verb],
  },
]

/** The init system under which the router is installed; undefined when it is installed under none. */
export function findInitSystem(root: string): InitSystem | undefined {
  return SYSTEMS.find(system => system.marks.every(mark => existsSync(join(root, mark))))
}

export function notInstalled(): UserError {
  return new UserError({
    cause: 'weave is not installed as a service of this host',
    remedy: 'run `weave-provision up` on the control machine, or `weave launch --foreground`',
  })
}
