import { withEnvironment } from './environment.ts'
import { warn } from './report.ts'

/** Commands that were parts of the router, or had other names (Weave rows OLD-04, OLD-05, OLD-08). */
const RENAMED: Readonly<Record<string, string>> = {
  'launch-router': 'launch',
  'stop-router': 'stop',
  'attach-router': 'launch',
  'proxy-env': 'env',
  'proxy-config': 'config',
}

const PARTS = ['plugin', 'dns'].flatMap(part => [`launch-${part}`, `stop-${part}`])

const NOTHING_LEFT = 'plugin and names are parts of the router, which `weave launch` starts'

/** What became of each command of old, for help, manual page and completion. */
export const OLD_COMMANDS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(RENAMED).map(([old, name]) => [old, `the old name of \`weave ${name}\``])),
  ...Object.fromEntries(PARTS.map(old => [old, `does nothing: ${NOTHING_LEFT}`])),
}

/** Flags of `launch` and `launch-proxy` by their older names (Weave rows OLD-02, OLD-09); those without a name of today say nothing any more. */
export const OLD_FLAGS: Readonly<Record<string, string | undefined>> = {
  '--iprange': '--ipalloc-range',
  '--ipsubnet': '--ipalloc-default-subnet',
  '--initpeercount': '--init-peer-count',
  '--nodiscovery': '--no-discovery',
  '--connlimit': '--conn-limit',
  '--pktdebug': '--pkt-debug',
  '--httpaddr': '--http-addr',
  '--passwordfile': '--password-file',
  '--api': '--docker-api',
  '--no-default-ipam': '--no-default-ipalloc',
  '--debug': '--log-level=debug',
  '--with-dns': undefined,
  '--wait': undefined,
  '--iface': undefined,
}

/** What follows them is any text, which may look like a flag. */
const FREE_TEXTS: readonly string[] = ['--password', '-password', '--nickname', '-nickname']

/** They came with a value, which goes as well. */
const FORMER_VALUES: readonly string[] = ['--wait', '--iface']

/** The arguments in today's words; undefined when what they ask for is no command of its own any more. */
export function withoutOldSpellings(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
): readonly string[] | undefined {
  const [node = '', script = '', ...given] = argv
  // Commands ran in a container unless they were told to run where they are, as all do by now (Weave row CLI-28).
  const [command = '', ...rest] = given[0] === '--local' ? given.slice(1) : given
  if (PARTS.includes(command)) {
    warn(`'${command}' ${OLD_COMMANDS[command]}`)
    return undefined
  }
  const name = RENAMED[command] ?? command
  if (name !== command) warn(`'${command}' is ${OLD_COMMANDS[command]}`)
  const modern = name === 'launch' || name === 'launch-proxy' ? modernised(rest) : rest
  const words = name === 'launch' ? withEnvironment(modern, environment) : modern
  return [node, script, ...(name === '' ? [] : [name]), ...words]
}

function modernised(words: readonly string[]): readonly string[] {
  const modern: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const { text, takesNext } = moderniseWord(word)
    modern.push(...text)
    if (FREE_TEXTS.includes(word)) modern.push(...words.slice(++at, at + 1))
    if (takesNext) at++
  }
  return modern
}

/** `-iprange=VALUE` and `-iprange VALUE` are both old; `--plugin=false` is how Go says `--no-plugin`. */
function moderniseWord(word: string): { readonly text: readonly string[]; readonly takesNext: boolean } {
  const [, dashes = '', name = '', value] = /^(--?)([a-z][a-z0-9-]+)(?:=(.*))?$/s.exec(word) ?? []
  if (name === '') return { text: [word], takesNext: false }
  const long = `--${name}`
  const isRenamed = Object.hasOwn(OLD_FLAGS, long)
  const modern = isRenamed ? OLD_FLAGS[long] : long
  if (modern === undefined) {
    warn(`${word} has no effect: it is the default, or what it was about is gone`)
    return { text: [], takesNext: value === undefined && FORMER_VALUES.includes(long) }
  }
  if (isRenamed || dashes === '-') warn(`'${dashes}${name}' is the old spelling of '${modern}'`)
  return { text: withValue(modern, value), takesNext: false }
}

function withValue(flag: string, value: string | undefined): readonly string[] {
  if (value === undefined || (value === 'true' && !FREE_TEXTS.includes(flag))) return [flag]
  if (value !== 'false' || FREE_TEXTS.includes(flag)) return [`${flag}=${value}`]
  return flag.startsWith('--no-') || flag.startsWith('--without-') ? [] : [`--no-${flag.slice(2)}`]
}
