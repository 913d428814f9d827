import { warn } from './report.ts'

/** Commands that were parts of the router, or had other names (Weave rows OLD-04, OLD-05, OLD-08); `-password` is FLAG-01's. */
const RENAMED: Readonly<Record<string, string>> = {
  'launch-router': 'launch',
  'stop-router': 'stop',
  'attach-router': 'launch',
  'proxy-env': 'env',
  'proxy-config': 'config',
}

const PARTS = ['proxy', 'plugin', 'dns'].flatMap(part => [`launch-${part}`, `stop-${part}`])

/** The arguments in today's words; undefined when what they ask for is no command of its own any more. */
export function withoutOldSpellings(argv: readonly string[]): readonly string[] | undefined {
  const [node = '', script = '', command = '', ...rest] = argv
  if (PARTS.includes(command)) {
    warn(`'${command}' does nothing: proxy, plugin and names are parts of the router, which \`weave launch\` starts`)
    return undefined
  }
  const words = command === 'launch' ? rest.map(word => (word === '-password' ? '--password' : word)) : rest
  return [node, script, ...(command === '' ? [] : [RENAMED[command] ?? command]), ...words]
}
