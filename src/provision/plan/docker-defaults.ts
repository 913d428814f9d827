import { type OptionWords, splitWords } from './docker-options.ts'

/**
 * Reads /etc/default/docker. A shell sources it and systemd reads it as an EnvironmentFile; both let the last line win, but only
 * the shell expands the cumulative form `DOCKER_OPTS="$DOCKER_OPTS …"`.
 */
const ASSIGNMENT = /^\s*(?:export\s+)?DOCKER_OPTS=(.*)$/

export function isAssignment(line: string): boolean {
  return ASSIGNMENT.test(line)
}

/** What all assignments together amount to. */
export function effectiveOptions(text: string): OptionWords {
  return text.split('\n').reduce<OptionWords>((words, line) => {
    const match = ASSIGNMENT.exec(line)
    if (match === null) return words
    return splitWords(unquote(match[1] ?? '')).flatMap(word => (isSelf(word) ? words : [word]))
  }, [])
}

function isSelf(word: string): boolean {
  return word === '$DOCKER_OPTS' || word === `$\{DOCKER_OPTS}`
}

/** The value of an assignment, without its outer quotes and a comment after it. */
function unquote(value: string): string {
  const trimmed = value.trim()
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(trimmed) ?? /^'([^']*)'/.exec(trimmed)
  return quoted?.[1] ?? trimmed.replace(/\s+#.*$/, '')
}
