const FOLDER = '/etc/network/interfaces.d'

export interface InterfacesChoice {
  /** Where the stanza goes. */
  readonly stanzaPath: string
  /** Whole new text of /etc/network/interfaces; undefined when it may stay as it is. */
  readonly interfaces: string | undefined
}

/**
 * Where ifupdown will look for the stanza. `source-directory` skips names with a dot, so `weave.cfg` is right only where nothing
 * but `*.cfg` is sourced. When neither name is read, one line is added: for our file alone, because a line for the whole
 * folder would bring up what others left there unused. A stanza that is there already, whoever has written it, keeps its place:
 * two of one bridge would both be carried out.
 */
export function chooseInterfaces(text: string | null | undefined, present: readonly string[] = []): InterfacesChoice {
  const plain = `${FOLDER}/weave`
  if (text === undefined) return { stanzaPath: plain, interfaces: undefined }
  const lines = logicalLines(text ?? '')
  const names = ['weave', 'weave.cfg'].sort((a, b) => rank(a, present) - rank(b, present))
  const name = names.find(candidate => lines.some(line => reads(line, candidate)))
  if (name !== undefined) return { stanzaPath: `${FOLDER}/${name}`, interfaces: undefined }
  const kept = text === null || text === '' ? '' : `${text.replace(/\n*$/, '')}\n\n`
  return { stanzaPath: plain, interfaces: `${kept}source ${plain}\n` }
}

function rank(name: string, present: readonly string[]): number {
  return present.includes(`${FOLDER}/${name}`) ? 0 : 1
}

function logicalLines(text: string): readonly string[] {
  return text
    .replace(/\\\n/g, '')
    .split('\n')
    .map(line => line.trim())
    .filter(line => !line.startsWith('#'))
}

function reads(line: string, name: string): boolean {
  const [keyword, ...patterns] = line.split(/\s+/)
  const absolute = patterns.map(pattern => (pattern.startsWith('/') ? pattern : `/etc/network/${pattern}`))
  if (keyword === 'source') return absolute.some(pattern => globToRegExp(pattern).test(`${FOLDER}/${name}`))
  if (keyword !== 'source-directory' || !/^[A-Za-z0-9_-]+$/.test(name)) return false
  return absolute.some(pattern => globToRegExp(pattern.replace(/\/+$/, '')).test(FOLDER))
}

/** The patterns of wordexp(3) that such lines hold; `*` stops at a slash. */
function globToRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|\\/]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]')
  return new RegExp(`^${source}$`)
}
