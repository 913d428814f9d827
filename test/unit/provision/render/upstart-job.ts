/** A job of upstart, read by the grammar of init(5): stanzas, blocks of script, and conditions of events. */
export interface UpstartJob {
  readonly stanzas: readonly { readonly name: string; readonly value: string }[]
  /** Text of a block by what precedes `script`: `main`, `pre-start`, … */
  readonly scripts: Readonly<Record<string, string>>
}

const PROCESSES = ['pre-start', 'post-start', 'pre-stop', 'post-stop', 'main']
const SIGNAL = /^(SIG)?[A-Z]+[0-9]?$/
const LIMITS = /^(core|cpu|data|fsize|memlock|msgqueue|nice|nofile|nproc|rss|rtprio|sigpending|stack)$/
const NUMBER = /^(\d+|unlimited)$/

/** What may follow each stanza. */
const VALUES: Readonly<Record<string, (words: readonly string[], text: string) => boolean>> = {
  description: (_, text) => isQuoted(text),
  author: (_, text) => isQuoted(text),
  env: ([first = '']) => /^[A-Za-z_]\w*(=.*)?$/.test(first),
  export: words => words.length > 0,
  respawn: words => words.length === 0 || (words[0] === 'limit' && isLimit(words.slice(1))),
  limit: ([kind = '', soft = '', hard = '', ...rest]) =>
    LIMITS.test(kind) && NUMBER.test(soft) && NUMBER.test(hard) && rest.length === 0,
  kill: ([kind = '', value = '']) =>
    kind === 'timeout' ? /^\d+$/.test(value) : kind === 'signal' && SIGNAL.test(value),
  umask: ([mask = '']) => /^0?[0-7]{3}$/.test(mask),
  nice: ([level = '']) => /^-?\d+$/.test(level),
  console: ([kind = '']) => /^(none|output|owner|log)$/.test(kind),
  expect: ([kind = '']) => /^(fork|daemon|stop)$/.test(kind),
  task: words => words.length === 0,
  setuid: words => words.length === 1,
  chdir: ([path = '']) => path.startsWith('/'),
  exec: words => words.length > 0,
  start: ([on = '', ...rest]) => on === 'on' && isCondition(rest),
  stop: ([on = '', ...rest]) => on === 'on' && isCondition(rest),
  reload: ([kind = '', value = '']) => kind === 'signal' && SIGNAL.test(value),
}

/** Throws at the first line that upstart would refuse. */
export function parseUpstartJob(text: string): UpstartJob {
  const stanzas: { name: string; value: string }[] = []
  const scripts: Record<string, string> = {}
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = withoutComment(lines[at] ?? '')
    if (line === '') continue
    const [name = '', ...words] = line.split(/\s+/)
    const [process, rest] = PROCESSES.includes(name) ? [name, words] : ['main', [name, ...words]]
    if (rest[0] === 'script' && rest.length === 1) {
      const end = lines.findIndex((one, i) => i > at && one.trim() === 'end script')
      if (end === -1) throw new Error(`line ${at + 1}: script without end script`)
      scripts[process] = lines.slice(at + 1, end).join('\n')
      at = end
      continue
    }
    stanzas.push(checked({ name: rest[0] ?? '', words: rest.slice(1), at: at + 1, isProcess: process !== 'main' }))
  }
  if (stanzas.some(({ name }) => name === 'exec') && scripts.main !== undefined)
    throw new Error('both exec and script: only one of them is run')
  return { stanzas, scripts }
}

interface Line {
  readonly name: string
  readonly words: readonly string[]
  readonly at: number
  readonly isProcess: boolean
}

function checked({ name, words, at, isProcess }: Line) {
  const isAllowed = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined
  if (isAllowed === undefined || (isProcess && name !== 'exec')) throw new Error(`line ${at}: unknown stanza '${name}'`)
  const value = words.join(' ')
  if (!isAllowed(words, value)) throw new Error(`line ${at}: '${value}' is not for ${name}`)
  return { name: isProcess ? `process ${name}` : name, value }
}

function withoutComment(line: string): string {
  return line.trim().startsWith('#') ? '' : line.trim()
}

function isQuoted(text: string): boolean {
  return /^"[^"]*"$/.test(text) || /^[^\s"]+$/.test(text)
}

function isLimit(words: readonly string[]): boolean {
  if (words[0] === 'unlimited') return words.length === 1
  return words.length === 2 && words.every(word => NUMBER.test(word))
}

/** EVENT [KEY=VALUE]… joined by `and`, `or` and brackets. */
function isCondition(words: readonly string[]): boolean {
  const tokens = words.join(' ').replace(/[()]/g, ' $& ').trim().split(/\s+/)
  let depth = 0
  let expectsEvent = true
  for (const token of tokens) {
    if (token === '(') {
      if (!expectsEvent) return false
      depth++
    } else if (token === ')') depth--
    else if (token === 'and' || token === 'or') {
      if (expectsEvent) return false
      expectsEvent = true
    } else if (expectsEvent) {
      if (!/^[a-z][\w-]*$/.test(token)) return false
      expectsEvent = false
    } else if (!/^([A-Z_]+!?=\S+|[\w-]+)$/.test(token)) return false
    if (depth < 0) return false
  }
  return depth === 0 && !expectsEvent
}
