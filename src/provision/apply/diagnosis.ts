import type { Problem } from '../../base/user-error.ts'

interface Rule {
  readonly pattern: RegExp
  readonly cause: string
  readonly remedy: string
}

/** What Ansible and SSH say when something typical is wrong. `$1` is the pattern's group. The first rule that fits counts. */
const RULES: readonly Rule[] = [
  {
    pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    cause: 'its SSH host key has changed',
    remedy: "make sure that it is the same host, then forget the old key with 'ssh-keygen -R ADDRESS'",
  },
  {
    pattern: /Host key verification failed/,
    cause: 'its SSH host key is not known',
    remedy: "connect once by hand with 'ssh ADDRESS' and compare the fingerprint",
  },
  {
    pattern: /Permission denied \(([^)]*)\)/,
    cause: 'SSH does not let us in (Permission denied: $1)',
    remedy:
      'name the right key with --private-key or ansible_ssh_private_key_file, and the right user with ansible_user',
  },
  {
    pattern: /Could not resolve hostname ([^\s:]+)/,
    cause: 'the name $1 has no address',
    remedy: 'set ansible_host in the inventory to an address of the host',
  },
  {
    pattern:
      /(Connection timed out|No route to host|Connection refused|Network is unreachable|Connection reset by peer)/,
    cause: 'it cannot be reached with SSH ($1)',
    remedy: 'check that the host runs, ansible_host, ansible_port and the firewall; --limit leaves it out',
  },
  {
    pattern: /Data could not be sent to (?:the )?remote host/,
    cause: 'the connection to it broke off',
    remedy: 'check that the host runs, and its network; --limit leaves it out',
  },
  {
    pattern: /(?:Load key|Identity file) "?([^":]+)"?.*(?:No such file|not accessible|invalid format|bad permissions)/,
    cause: 'the SSH key $1 cannot be used',
    remedy: 'correct --private-key or ansible_ssh_private_key_file',
  },
  {
    pattern: /(Missing sudo password|Incorrect sudo password|a password is required|incorrect password attempt)/,
    cause: 'sudo needs a password',
    remedy: 'give it with --ask-become-pass, or allow the user to use sudo without one',
  },
  {
    pattern: /sudo: (?:command )?not found|sudo: No such file/,
    cause: 'sudo is not installed on it',
    remedy: 'set ansible_user to root, or install sudo on the host',
  },
  {
    pattern: /not in the sudoers file|may not run sudo/,
    cause: 'the user may not use sudo',
    remedy: 'set ansible_user to a user that may, or to root',
  },
  {
    pattern: /(\S*python\S*): (?:not found|No such file or directory|command not found)/,
    cause: 'it has no Python at $1',
    remedy: "install it ('apt-get install python3'), or set ansible_python_interpreter",
  },
  {
    pattern: /No space left on device|Disk quota exceeded/,
    cause: 'No space left on device',
    remedy: 'free some space on the host and run again',
  },
  {
    pattern: /Read-only file system/,
    cause: 'a file system of the host is read-only',
    remedy: 'mount it writable, or mend the disk it is on',
  },
  {
    pattern: /Cannot open network namespace/,
    cause: 'the lab is not running',
    remedy: "start it with 'weave-provision lab up', or bring everything up with 'weave-provision up'",
  },
  {
    pattern: /no vault secrets found|Decryption failed/,
    cause: 'Ansible cannot decrypt the inventory',
    remedy: 'give the password with --vault-password-file',
  },
  {
    pattern: /ship\/index\.json/,
    cause: 'the agent has not been built on this machine',
    remedy: "run 'npm run build'",
  },
  {
    pattern: /Unable to (?:re)?start service (\S+?):/,
    cause: 'the service $1 does not start',
    remedy: "look at 'systemctl status $1' and 'journalctl -u $1' on the host",
  },
]

/** The keys under which Ansible tells what went wrong, the most telling first. */
const MESSAGES = ['msg', 'reason', 'module_stderr', 'stderr', 'module_stdout', 'stdout', 'exception'] as const

/** Cause and remedy out of what Ansible tells of one failure. */
export function diagnose(details: Readonly<Record<string, string>>): readonly Problem[] {
  const { msg, remedy } = details
  if (msg !== undefined && remedy !== undefined) return [{ cause: msg, remedy }]
  const own = ownProblems(details.stderr ?? '')
  if (own.length > 0) return own
  const texts = MESSAGES.flatMap(key => details[key] ?? [])
  return [diagnoseText(texts.join('\n'))]
}

/** The same for what Ansible prints when it does not even start. */
export function diagnoseText(text: string): Problem {
  for (const rule of RULES) {
    const match = rule.pattern.exec(text)
    if (match !== null) return { cause: filled(rule.cause, match), remedy: filled(rule.remedy, match) }
  }
  const lines = text.split('\n').filter(candidate => candidate.trim() !== '')
  const line =
    (/^MODULE FAILURE/.test(text) ? lines.find(one => /^\w*(Error|Exception)\b/.test(one)) : undefined) ??
    lines[0] ??
    'no reason given'
  return { cause: line.trim().replace(/^ERROR! /, ''), remedy: 'run again with -v to see all that Ansible says' }
}

/** Our own programs, run by Ansible, have already said it in two lines. */
function ownProblems(stderr: string): readonly Problem[] {
  const causes = [...stderr.matchAll(/^error: (.+)$/gm)].map(match => match[1] ?? '')
  const remedies = [...stderr.matchAll(/^remedy: (.+)$/gm)].map(match => match[1] ?? '')
  return causes.map((cause, i) => ({ cause, remedy: remedies[i] ?? 'run again with -v' }))
}

function filled(text: string, match: RegExpExecArray): string {
  return text.replaceAll('$1', match[1] ?? '')
}
