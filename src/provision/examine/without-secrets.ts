const TAKEN_OUT = '(taken out)'

/** What is secret, or looks like it, wherever it stands in a text. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, TAKEN_OUT],
  [/\$ANSIBLE_VAULT;[\s\S]*?(?=\n\s*\n|"|$)/g, TAKEN_OUT],
  [/((?:^|[\s"'])--?(?:password|token|secret|api-key)[=\s]+)(?:"[^"]*"|'[^']*'|[^\s"',\\]+)/gim, `$1${TAKEN_OUT}`],
  [
    /((?:password|passwd|secret|token|private_?key|admission_?key|api_?key|auth)\\?["']?\s*[:=]\s*\\?["']?)(?!\(taken out\)|\{|\[|null|true|false)[^\s"',\\}]+/gi,
    `$1${TAKEN_OUT}`,
  ],
  [/(:\/\/[^\s/:@"]+:)[^\s/@"]+@/g, `$1${TAKEN_OUT}@`],
  [/\b[0-9a-fA-F]{64}\b/g, TAKEN_OUT],
]

/** For what is given away: rather too much is taken out than too little. Digests go as well: they look like keys. */
export function withoutSecrets(text: string): string {
  return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text)
}
