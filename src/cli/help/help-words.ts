import type { Command } from 'commander'

/**
 * Words for commander to parse. `help A B` is `A B --help`, for commands of commands too; and who asks for help on what is no command is told
 * so: commander would show the help of what is above it, as if all were well.
 */
export function helpWords(program: Command, words: readonly string[]): readonly string[] {
  const asked = words[0] === 'help' && words.length > 1 ? [...words.slice(1), '--help'] : words
  if (!asked.includes('--help') && !asked.includes('-h')) return asked
  const unknown = indexOfUnknown(program, asked)
  return unknown === undefined ? asked : asked.slice(0, unknown + 1)
}

function indexOfUnknown(program: Command, words: readonly string[]): number | undefined {
  let command = program
  for (const [index, word] of words.entries()) {
    if (word.startsWith('-') || word === 'help' || command.commands.length === 0) return undefined
    const child = command.commands.find(one => one.name() === word || one.aliases().includes(word))
    if (child === undefined) return index
    command = child
  }
  return undefined
}
