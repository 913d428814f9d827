import type { Command, Option } from 'commander'
import { type CommandEntry, commandTree, textBehindHelp } from './command-tree.ts'

export interface ManualPage {
  /** 1 for commands of users, 8 for those of administrators. */
  readonly section: number
  readonly version: string
  readonly exitCodes: readonly (readonly [code: string, meaning: string])[]
  readonly environment?: readonly (readonly [name: string, meaning: string])[]
  /** Of commands, and what became of them. */
  readonly oldNames?: readonly (readonly [name: string, meaning: string])[]
  readonly files: readonly (readonly [path: string, meaning: string])[]
  readonly seeAlso: readonly string[]
}

/** In the language of man(7), made from the program's own help. */
export function manualPage(program: Command, page: ManualPage): string {
  const name = program.name()
  const [root, ...commands] = commandTree(program)
  const lines = [
    `.TH ${name.toUpperCase()} ${page.section} "" "${escaped(`${name} ${page.version}`)}"`,
    '.SH NAME',
    `${escaped(name)} \\- ${escaped(firstLower(program.description().replace(/\.$/, '')))}`,
    '.SH SYNOPSIS',
    `.B ${escaped(name)}`,
    '.I command',
    '[options]',
    ...(root === undefined ? [] : optionLines('.SH OPTIONS', root.options)),
    '.SH COMMANDS',
    ...commands.flatMap(entry => commandLines(name, entry)),
    ...(page.oldNames === undefined ? [] : pairLines('.SH OLD NAMES', page.oldNames)),
    ...pairLines('.SH EXIT STATUS', page.exitCodes),
    ...(page.environment === undefined ? [] : pairLines('.SH ENVIRONMENT', page.environment)),
    ...pairLines('.SH FILES', page.files),
    '.SH SEE ALSO',
    escaped(page.seeAlso.join(', ')),
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(program: string, { path, command, description, options }: CommandEntry): readonly string[] {
  const behind = textBehindHelp(command)
  return [
    `.SS ${quotedArgument(`${program} ${path} ${command.usage()}`.trim())}`,
    escaped(description),
    ...optionLines(undefined, options),
    ...(behind === '' ? [] : ['.PP', '.nf', ...behind.split('\n').map(escaped), '.fi']),
  ]
}

function optionLines(heading: string | undefined, options: readonly Option[]): readonly string[] {
  if (options.length === 0) return []
  const lines = options.flatMap(({ flags, description }) => ['.TP', `.B ${escaped(flags)}`, escaped(description)])
  return heading === undefined ? lines : [heading, ...lines]
}

function pairLines(heading: string, pairs: readonly (readonly [string, string])[]): readonly string[] {
  return [heading, ...pairs.flatMap(([term, meaning]) => ['.TP', `.B ${escaped(term)}`, escaped(meaning)])]
}

/** A hyphen of a command must stay one, and a line must not begin like a request. */
function escaped(text: string): string {
  const plain = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('’', '\\(cq').replaceAll('…', '...')
  return plain.replace(/^([.'])/, '\\&$1')
}

function quotedArgument(text: string): string {
  return `"${escaped(text).replaceAll('"', '\\(dq')}"`
}

function firstLower(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`
}
