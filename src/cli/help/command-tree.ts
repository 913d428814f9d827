import type { Command, Option } from 'commander'

/** A command as its user sees it, with the path of names that leads to it; that of the program itself is empty. */
export interface CommandEntry {
  readonly path: string
  readonly command: Command
  readonly description: string
  /** Subcommands, and words that an argument may be. */
  readonly words: readonly Word[]
  readonly options: readonly Option[]
}

export interface Word {
  readonly text: string
  readonly description: string
}

/** Words that an argument takes and that the command itself checks, by path; or the value of an option, by path and option. */
export type FurtherWords = Readonly<Record<string, readonly string[]>>

/** What an option of a command may be. */
export interface OptionValues {
  readonly path: string
  readonly option: Option
  readonly values: readonly string[]
}

/** All commands that help shows, parents before children: what is made of it never lags behind the program. */
export function commandTree(program: Command, further: FurtherWords = {}): readonly CommandEntry[] {
  return entriesOf(program, '', { further, siblings: [] })
}

interface Place {
  readonly further: FurtherWords
  /** What `help` at this place takes. */
  readonly siblings: readonly Word[]
}

function entriesOf(command: Command, path: string, { further, siblings }: Place): readonly CommandEntry[] {
  const help = command.createHelp()
  const visible = help.visibleCommands(command)
  const children = visible.map(child => ({
    text: child.name(),
    description: help.subcommandDescription(child),
  }))
  const choices = [
    ...command.registeredArguments.flatMap(argument => argument.argChoices ?? []),
    ...(further[path] ?? []),
  ]
  const asked = command.name() === 'help' ? siblings : []
  const words = [...children, ...asked, ...choices.map(text => ({ text, description: '' }))]
  const options = [...help.visibleOptions(command)]
  const own = { path, command, description: command.description(), words, options }
  const place = { further, siblings: children.filter(({ text }) => text !== 'help') }
  return [own, ...visible.flatMap(child => entriesOf(child, `${path} ${child.name()}`.trim(), place))]
}

/** Of all options whose values are known. */
export function optionValues(tree: readonly CommandEntry[], further: FurtherWords): readonly OptionValues[] {
  const all = tree.flatMap(({ path, options }) =>
    options.map(option => {
      const values = option.argChoices ?? namesOf(option).flatMap(name => further[`${path} ${name}`] ?? [])
      return { path, option, values }
    }),
  )
  return all.filter(({ values }) => values.length > 0)
}

export function takesValue(option: Option): boolean {
  return option.required || option.optional
}

export function takesPath(option: Option): boolean {
  return takesValue(option) && /<(path|file|dir|folder)>/.test(option.flags)
}

export function namesOf(option: Option): readonly string[] {
  return [option.short, option.long].filter(name => name !== undefined && name !== null)
}

/** What a command says behind its options: examples, exit codes. */
export function textBehindHelp(command: Command): string {
  const written: string[] = []
  const former = command.configureOutput()
  command.configureOutput({ ...former, writeOut: text => written.push(text) })
  command.outputHelp()
  command.configureOutput(former)
  const [, behind = ''] = written.join('').split(command.helpInformation())
  return behind.trim()
}
