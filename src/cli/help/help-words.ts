import type { Command } from 'commander'

/**
 * Words for commander to parse. `help A B` is `A B --help`, for commands of commands too; and who asks for help on what is no command is told
 * so: commander would show the help of what is above it, as if all were well. Help on help is help.
 */
export function helpWords(program: Command, given: readonly string[]): readonly string[] {
  const words = withoutHelpOnHelp(program, given)
  const asked = words[0] === 'help' && words.length > 1 ? [...words.slice(1), '--help'] : words
  if (!asked.includes('--help') && !asked.includes('-h')) return asked
  const unknown = indexOfUnknown(program, asked)
  return unknown === undefined ? asked : asked.slice(0, unknown + 1)
}

function withoutHelpOnHelp(program: Command, words: readonly string[]): readonly string[] {
  const at = words.indexOf('help')
  const group = words.slice(0, at).reduce<Command | undefined>((command, word) => childOf(command, word), program)
  if (at < 0 || words[at + 1] !== 'help' || group === undefined || group.commands.length === 0) return words
  return withoutHelpOnHelp(program, words.toSpliced(at, 1))
}

function indexOfUnknown(program: Command, words: readonly string[]): number | undefined {
  let command = program
  for (const [index, word] of words.entries()) {
    if (word.startsWith('-') || word === 'help' || command.commands.length === 0) return undefined
    const child = childOf(command, word)
    if (child === undefined) return index
    command = child
  }
  return undefined
}

function childOf(command: Command | undefined, word: string): Command | undefined {
  return command?.commands.find(one => one.name() === word || one.aliases().includes(word))
}
