/** The words of DOCKER_OPTS, quotes inside them kept as they are. */
export type OptionWords = readonly string[]

/** Keys of daemon.json that name their flag in the plural. */
const FLAG_OF_KEY: Readonly<Record<string, string>> = {
  'authorization-plugins': 'authorization-plugin',
  'cluster-store-opts': 'cluster-store-opt',
  'default-address-pools': 'default-address-pool',
  'default-ulimits': 'default-ulimit',
  'dns-opts': 'dns-opt',
  'exec-opts': 'exec-opt',
  hosts: 'host',
  'insecure-registries': 'insecure-registry',
  labels: 'label',
  'log-opts': 'log-opt',
  'node-generic-resources': 'node-generic-resource',
  'registry-mirrors': 'registry-mirror',
  runtimes: 'add-runtime',
  'storage-opts': 'storage-opt',
}

const SHORT_FLAGS: Readonly<Record<string, string>> = { '-b': '--bridge', '-H': '--host', '-l': '--log-level' }

export function flagOfKey(key: string): string {
  return `--${FLAG_OF_KEY[key] ?? key}`
}

/** Splits at blanks outside quotes. */
export function splitWords(text: string): OptionWords {
  return text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*'|["'\\])+/g) ?? []
}

/** The value that Docker would see: of a flag given twice, the last one. */
export function valueOfFlag(words: OptionWords, flag: string): string | undefined {
  return valuesOfFlag(words, flag).at(-1)
}

export function valuesOfFlag(words: OptionWords, flag: string): readonly (string | undefined)[] {
  return groupOptions(words)
    .filter(option => option.flag === flag)
    .map(option => option.value)
}

export function withoutFlags(words: OptionWords, flags: ReadonlySet<string>): OptionWords {
  return groupOptions(words)
    .filter(option => !flags.has(option.flag))
    .flatMap(option => option.words)
}

export function onlyFlags(words: OptionWords, flags: ReadonlySet<string>): OptionWords {
  return groupOptions(words)
    .filter(option => flags.has(option.flag))
    .flatMap(option => option.words)
}

/** A dictionary in the form of daemon.json as flags: lists repeat the flag, dictionaries give `key=value`. */
export function flagsFor(options: Readonly<Record<string, unknown>>): OptionWords {
  return Object.entries(options).flatMap(([key, value]) =>
    flagValues(value).map(text => `${flagOfKey(key)}=${quoteWord(text)}`),
  )
}

function flagValues(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(item => formatScalar(item))
  if (typeof value !== 'object' || value === null) return [formatScalar(value)]
  return Object.entries(value).map(([key, item]) => `${key}=${formatScalar(item)}`)
}

function formatScalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** DOCKER_OPTS stands in double quotes, and both the shell and systemd take single ones inside. */
function quoteWord(text: string): string {
  return /^[\w@%+=:,./-]*$/.test(text) ? text : `'${text}'`
}

interface Option {
  readonly flag: string
  readonly value: string | undefined
  readonly words: OptionWords
}

/** `--flag value` and `--flag=value` are the same to Docker; a word that follows a flag without `=` is its value. */
function groupOptions(words: OptionWords): readonly Option[] {
  const options: Option[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const [name = '', ...rest] = word.split('=')
    const flag = SHORT_FLAGS[name] ?? (/^-[^-]/.test(name) ? `-${name}` : name)
    const next = words[i + 1]
    if (rest.length > 0 || !name.startsWith('-') || next === undefined || next.startsWith('-')) {
      options.push({ flag, value: rest.length > 0 ? rest.join('=') : undefined, words: [word] })
    } else {
      options.push({ flag, value: next, words: [word, next] })
      i++
    }
  }
  return options
}
