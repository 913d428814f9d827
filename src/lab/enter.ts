import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hierarchy } from './cgroups.ts'

/** What a login shell of root would have. */
const ENVIRONMENT = {
  HOME: '/root',
  LANG: 'C.UTF-8',
  LOGNAME: 'root',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  SHELL: '/bin/bash',
  USER: 'root',
}

/** Runs an argv in a host as it stands, past its network: it works while the host is cut off, and needs no quoting. */
export async function enterCommand(
  argv: readonly string[],
  host: { readonly init: number; readonly hierarchies: readonly Hierarchy[]; readonly filesFolder: string },
): Promise<readonly string[]> {
  const groups = groupsOfProcess(await readFile(`/proc/${host.init}/cgroup`, 'utf8'), host.hierarchies)
  const environment = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`)
  return [
    ...['sh', join(host.filesFolder, 'enter.sh'), groups.join(' ')],
    // The root too: a lab that stands in a chroot has hosts whose root is not that of their mounts.
    ...['nsenter', '--target', String(host.init), '--mount', '--root', '--uts', '--ipc', '--net', '--pid', '--cgroup'],
    ...['env', '--ignore-environment', '--chdir=/root', ...environment],
    ...argv,
  ]
}

/** Folders of a process's cgroups, from /proc/<pid>/cgroup: lines of number, controllers, path. */
export function groupsOfProcess(text: string, hierarchies: readonly Hierarchy[]): readonly string[] {
  return text.split('\n').flatMap(line => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    const isIt = (hierarchy: Hierarchy) =>
      controllers === '' ? hierarchy.isUnified : hierarchy.controllers.join(',') === controllers
    const hierarchy = path === undefined ? undefined : hierarchies.find(isIt)
    return hierarchy === undefined || path === undefined ? [] : [join(hierarchy.path, path)]
  })
}
