import type { ProjectFile } from './project-files.ts'

/** A command line as a document shows it. */
export interface DocumentedCommand {
  readonly path: string
  readonly line: number
  /** Words behind the program's name, up to a `--` that ends its own options. */
  readonly words: readonly string[]
}

/** Every use of a program in a code block or in inline code. */
export function documentedCommands(file: ProjectFile, program: string): readonly DocumentedCommand[] {
  return file.text.split('\n').flatMap((text, i) =>
    snippetsOf(text)
      .flatMap(snippet => snippet.split(/ (?:&&|\|\||·|\|) | {2,}|…/))
      .map(snippet => wordsBehind(snippet, program))
      .filter(words => words !== undefined)
      .map(words => ({ path: file.path, line: i + 1, words })),
  )
}

function snippetsOf(line: string): readonly string[] {
  if (/^ {4}\S/.test(line)) return [line.trim()]
  return [...line.matchAll(/`([^`]+)`/g)].map(match => match[1] ?? '')
}

function wordsBehind(snippet: string, program: string): readonly string[] | undefined {
  const words = snippet.trim().split(/\s+/)
  const own = words.slice(words[0] === 'npx' ? 1 : 0)
  const isProtocolText = /\\| v\d+$/.test(snippet)
  if (isProtocolText || own[0] !== program || !/^-?[a-z]/.test(own[1] ?? '')) return undefined
  const end = own.indexOf('--')
  return own.slice(1, end === -1 ? undefined : end)
}
