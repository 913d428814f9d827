/** What one run of `ansible-playbook` is to do. */
export interface PlaybookRequest {
  /** Words in front of the command, such as those that enter a network namespace. */
  readonly prefix: readonly string[]
  readonly playbook: string
  readonly inventory: string
  /** Names of hosts; all when empty. */
  readonly limit: readonly string[]
  readonly isCheck: boolean
  readonly showsDiff: boolean
  readonly verbosity: number
  readonly asksBecomePassword: boolean
  /** A private file that holds it, for commands that run Ansible more than once. */
  readonly becomePasswordFile?: string | undefined
  readonly forks?: number | undefined
  readonly privateKey?: string | undefined
  /** Not secret: they are seen in the list of processes. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Further words, such as those that a lab needs to be reached. */
  readonly further: readonly string[]
}

export function playbookArgv(request: PlaybookRequest): readonly [string, ...string[]] {
  const words = [
    ...request.prefix,
    'ansible-playbook',
    `--inventory=${request.inventory}`,
    ...(request.limit.length > 0 ? [`--limit=${request.limit.join(',')}`] : []),
    ...(request.isCheck ? ['--check'] : []),
    ...(request.showsDiff ? ['--diff'] : []),
    ...(request.verbosity > 0 ? [`-${'v'.repeat(request.verbosity)}`] : []),
    ...(request.asksBecomePassword ? ['--ask-become-pass'] : []),
    ...(request.becomePasswordFile === undefined ? [] : [`--become-password-file=${request.becomePasswordFile}`]),
    ...(request.forks === undefined ? [] : [`--forks=${request.forks}`]),
    `--extra-vars=${JSON.stringify(request.variables)}`,
    ...request.further,
    // After what a lab says: of two, the last one counts, and that is the user's.
    ...(request.privateKey === undefined ? [] : [`--private-key=${request.privateKey}`]),
    request.playbook,
  ]
  return words as [string, ...string[]]
}

/** What surrounds a run: settings that the run relies on, on top of the user's own configuration. */
export interface PlaybookSurroundings {
  readonly projectRoot: string
  /** A short path: the sockets of shared SSH connections lie there, and their names may have 108 bytes. */
  readonly controlFolder: string
  readonly eventsFd: number
  readonly vaultPasswordFile?: string | undefined
  /** The user's configuration decides how SSH is called. */
  readonly hasOwnSshArguments: boolean
  /** The user's configuration says how many hosts at a time. */
  readonly hasOwnForks?: boolean
  /** The environment that is inherited. */
  readonly inherited: Readonly<Record<string, string | undefined>>
}

/**
 * Not compressed, as Ansible's default is: what is shipped is compressed already. A host that vanishes while it works is given up after a
 * minute: TCP by itself would wait for a quarter of an hour, and all other hosts with it.
 */
const SSH_ARGUMENTS = '-o ControlMaster=auto -o ControlPersist=60s -o ServerAliveInterval=10 -o ServerAliveCountMax=6'

/** Ansible's five keep most of a cluster waiting. */
const FORKS = '25'

/** The environment outranks ansible.cfg, so only what a run cannot do without is set. */
export function playbookEnvironment(surroundings: PlaybookSurroundings): Readonly<Record<string, string>> {
  const { projectRoot, inherited, vaultPasswordFile } = surroundings
  const keepsSshArguments = surroundings.hasOwnSshArguments || inherited.ANSIBLE_SSH_ARGS !== undefined
  return {
    LC_ALL: 'C.UTF-8',
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_SSH_CONTROL_PATH_DIR: surroundings.controlFolder,
    ...(keepsSshArguments ? {} : { ANSIBLE_SSH_ARGS: SSH_ARGUMENTS }),
    ANSIBLE_PYTHON_INTERPRETER: inherited.ANSIBLE_PYTHON_INTERPRETER ?? '/usr/bin/python3',
    ...(surroundings.hasOwnForks === true || inherited.ANSIBLE_FORKS !== undefined ? {} : { ANSIBLE_FORKS: FORKS }),
    ANSIBLE_RETRY_FILES_ENABLED: 'False',
    ANSIBLE_CALLBACK_PLUGINS: joined(
      `${projectRoot}/playbooks/callback_plugins`,
      inherited.ANSIBLE_CALLBACK_PLUGINS,
      ':',
    ),
    ANSIBLE_CALLBACKS_ENABLED: joined('weave_events', inherited.ANSIBLE_CALLBACKS_ENABLED, ','),
    ...(vaultPasswordFile === undefined ? {} : { ANSIBLE_VAULT_PASSWORD_FILE: vaultPasswordFile }),
    WEAVE_EVENTS_FD: String(surroundings.eventsFd),
  }
}

/** Ends the shared connection behind a socket. */
export function endConnectionArgv(socket: string): readonly [string, ...string[]] {
  return ['ssh', '-O', 'exit', '-o', `ControlPath=${socket}`, 'shared-connection']
}

function joined(own: string, inherited: string | undefined, separator: string): string {
  return inherited === undefined || inherited === '' ? own : `${own}${separator}${inherited}`
}
