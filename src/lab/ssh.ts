import type { LabHost } from './description.ts'
import type { LabInstance } from './instance.ts'

/** Options under which `ssh` reaches the hosts of this lab and nothing else: its own key, host keys that it made. */
export function sshOptions(instance: LabInstance): readonly string[] {
  return [
    `UserKnownHostsFile=${instance.knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
  ].flatMap(option => ['-o', option])
}

/**
 * To be appended to the arguments of `ansible-playbook` or `ansible`. Where connections are kept is for who runs it to say: for one run
 * only, since another lab has hosts of the same addresses, and a connection of an earlier run hangs for a minute when its host was cut off.
 */
export function ansibleArguments(instance: LabInstance): readonly string[] {
  // One word: a value that starts with a dash is else taken for an option.
  return ['--private-key', instance.privateKey, `--ssh-common-args=${sshOptions(instance).join(' ')}`]
}

/** To be put before a command that is to run on the control machine. */
export function controlPrefix(instance: LabInstance): readonly string[] {
  return ['ip', 'netns', 'exec', instance.controlNamespace]
}

export function sshCommand(
  instance: LabInstance,
  host: LabHost,
  remote: { readonly command?: string; readonly hasTerminal?: boolean },
): readonly string[] {
  return [
    ...controlPrefix(instance),
    ...['ssh', '-F', '/dev/null', '-i', instance.privateKey, ...sshOptions(instance)],
    ...['-o', 'ConnectTimeout=5', '-o', 'LogLevel=ERROR', '-o', 'ControlPath=none'],
    ...(remote.hasTerminal === true ? ['-t'] : ['-o', 'BatchMode=yes']),
    `root@${host.interfaces[0]?.address}`,
    ...(remote.command === undefined ? [] : [remote.command]),
  ]
}
