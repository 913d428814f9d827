import { isAddressWord } from './address-wish.ts'

/** The kernel has room for so much in a host name, and Docker joins name and domain. */
export const HOST_NAME_MAX = 64

/** `weave run` and its like: their own words come first, the rest is Docker's (Weave row OLD-06). */
export interface RunWords {
  readonly addresses: readonly string[]
  readonly withDns: boolean
  readonly rewriteHosts: boolean
  readonly multicastRoute: boolean
  readonly extraHosts: readonly string[]
  readonly rest: readonly string[]
}

type Flags = Omit<RunWords, 'addresses' | 'extraHosts' | 'rest'>

const OWN_FLAGS: Readonly<Record<string, Partial<Flags>>> = {
  '--with-dns': { withDns: true },
  '--without-dns': { withDns: false },
  '--rewrite-hosts': { rewriteHosts: true },
  '--no-rewrite-hosts': { rewriteHosts: false },
  '--no-multicast-route': { multicastRoute: false },
}

export function splitRunWords(words: readonly string[]): RunWords {
  let flags: Flags = { withDns: true, rewriteHosts: true, multicastRoute: true }
  const addresses: string[] = []
  let at = 0
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    const flag = OWN_FLAGS[word]
    if (flag !== undefined) flags = { ...flags, ...flag }
    else if (isAddressWord(word)) addresses.push(word)
    else break
  }
  const rest = words.slice(at)
  return { ...flags, addresses, extraHosts: valuesOf(rest, '--add-host'), rest }
}

export interface NameServer {
  readonly address: string
  /** Without the dot at its end. */
  readonly domain: string
  /** What names without a dot are looked for in; the domain where nothing else is said. */
  readonly search?: string
}

/** In front, so that a variable of the user's own counts: a proxy for Docker leaves alone what gets its addresses afterwards. */
const LEFT_ALONE = ['-e', 'WEAVE_CIDR=none']

/** The arguments of `docker` that start what `weave run` asks for. */
export function dockerRunArguments(words: RunWords, nameServer: NameServer | undefined): readonly string[] {
  const names = words.withDns ? nameArguments(words.rest, nameServer) : []
  return ['run', ...LEFT_ALONE, ...names, '-d', ...words.rest]
}

/** What a container needs to find names and to have one; what Docker was told already stands. */
export function nameArguments(rest: readonly string[], nameServer: NameServer | undefined): readonly string[] {
  if (nameServer === undefined) return []
  const { address, domain, search = domain } = nameServer
  const [name] = valuesOf(rest, '--name')
  const hostname = `${name}.${domain}`
  const hasHostname = valuesOf(rest, '--hostname', '-h').length > 0
  return [
    ...(valuesOf(rest, '--dns').length > 0 ? [] : [`--dns=${address}`]),
    ...(valuesOf(rest, '--dns-search').length > 0 ? [] : [`--dns-search=${hasHostname ? '.' : search}`]),
    // Docker takes what follows the first dot for the domain.
    ...(hasHostname || name === undefined || hostname.length > HOST_NAME_MAX ? [] : [`--hostname=${hostname}`]),
  ]
}

/** Of an option, as `--name=w1` or as `--name w1`. */
function valuesOf(words: readonly string[], ...options: readonly string[]): readonly string[] {
  return words.flatMap((word, i) => {
    for (const option of options) {
      if (word === option) return words[i + 1] ?? []
      if (word.startsWith(`${option}=`)) return word.slice(option.length + 1)
    }
    return []
  })
}
