export interface SshRequest {
  readonly host: string
  /** As Ansible gives them. */
  readonly variables: Readonly<Record<string, unknown>>
  readonly privateKey: string | undefined
  /** A login when empty. */
  readonly command: readonly string[]
}

/** How a person gets to a host where Ansible does: the variables that name address, user, port, key and jump host. */
export function sshArgv(request: SshRequest): readonly string[] {
  const { host, variables, command } = request
  const text = (...names: readonly string[]) => names.map(name => variables[name]).find(isGiven)
  const key = request.privateKey ?? text('ansible_ssh_private_key_file', 'ansible_private_key_file')
  const [user, port] = [text('ansible_ssh_user', 'ansible_user'), text('ansible_ssh_port', 'ansible_port')]
  const extra = ['ansible_ssh_common_args', 'ansible_ssh_extra_args'].flatMap(name => words(text(name)))
  return [
    'ssh',
    ...(key === undefined ? [] : ['-i', String(key)]),
    ...(user === undefined ? [] : ['-l', String(user)]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...extra,
    ...(command.length === 0 ? [] : ['-o', 'BatchMode=yes']),
    String(text('ansible_ssh_host', 'ansible_host') ?? host),
    ...(command.length === 0 ? [] : ['--', command.map(quoted).join(' ')]),
  ]
}

function isGiven(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
}

/** As a shell would cut them, which is what Ansible does. */
function words(value: unknown): readonly string[] {
  const found = String(value ?? '').match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? []
  return found.map(word => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'))
}

/** The other side's shell reads the words again. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
