import { join } from 'node:path'
import type { LabGroups } from './cgroups.ts'
import type { LabHost } from './description.ts'
import type { LabInstance } from './instance.ts'

export interface BootOptions {
  readonly instance: LabInstance
  readonly groups: LabGroups
  readonly lowerFolder: string
  readonly filesFolder: string
}

/** The supervisor of a host, in a mount namespace that sees what is unmounted outside but shows nothing of its own. */
export function supervisorCommand(host: LabHost, options: BootOptions): readonly string[] {
  const { instance, groups, lowerFolder, filesFolder } = options
  return [
    ...['unshare', '--mount', '--propagation', 'slave'],
    ...['sh', join(filesFolder, 'supervise.sh')],
    instance.hostFolder(host.name),
    lowerFolder,
    instance.hostNamespace(host.name),
    host.interfaces.map(({ name }) => name).join(' '),
    groups.supervisorOf(host.name),
    groups.ofHost(host.name).join(' '),
    ...bootCommand(host, options),
  ]
}

/** Ends with 133 (systemd) or by SIGHUP (sysvinit) when the host asks for a reboot. */
export function bootCommand(host: LabHost, options: BootOptions): readonly string[] {
  return host.hostClass === 'systemd' ? systemdCommand(host, options) : sysvinitCommand(host, options)
}

/**
 * --register=no --keep-unit: the machine's PID 1 need not be systemd.
 * The cgroup variant is that of the machine: version 1 when controllers are there.
 */
function systemdCommand(host: LabHost, { instance, groups }: BootOptions): readonly string[] {
  const folder = instance.hostFolder(host.name)
  return [
    'env',
    `SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=${groups.isUnifiedOnly ? 1 : 0}`,
    'SYSTEMD_NSPAWN_API_VFS_WRITABLE=network',
    'systemd-nspawn',
    ...['--quiet', '--register=no', '--keep-unit', '--boot', '--console=pipe'],
    `--machine=${instance.hostNamespace(host.name)}`,
    `--hostname=${host.name}`,
    `--directory=${join(folder, 'root')}`,
    `--network-namespace-path=/run/netns/${instance.hostNamespace(host.name)}`,
    ...['--capability=all', '--system-call-filter=bpf keyctl add_key perf_event_open'],
    ...['--bind=/dev/net/tun', `--bind=${join(folder, 'docker')}:/var/lib/docker`],
    ...['--link-journal=no', '--resolv-conf=off', '--timezone=off'],
  ]
}

function sysvinitCommand(host: LabHost, { instance, groups, filesFolder }: BootOptions): readonly string[] {
  return [
    ...['nsenter', `--net=/run/netns/${instance.hostNamespace(host.name)}`],
    ...['unshare', '--mount', '--uts', '--ipc', '--cgroup', '--pid', '--fork', '--kill-child'],
    ...['sh', join(filesFolder, 'sysvinit-boot.sh')],
    join(instance.hostFolder(host.name), 'root'),
    host.name,
    controllersOf(groups),
  ]
}

function controllersOf(groups: LabGroups): string {
  if (groups.isUnifiedOnly) return 'unified'
  const named = groups.hierarchies.filter(({ isUnified }) => !isUnified).map(({ controllers }) => controllers.join(','))
  return named.filter(controllers => controllers !== '' && !controllers.startsWith('name=')).join(' ')
}
