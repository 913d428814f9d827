import type { Command, Option } from 'commander'
import { assertNever } from '../../base/assert.ts'
import {
  type CommandEntry,
  commandTree,
  type FurtherWords,
  namesOf,
  type OptionValues,
  optionValues,
  takesPath,
  takesValue,
} from './command-tree.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** What the commands do not say themselves. */
export interface MoreWords {
  readonly further?: FurtherWords
  /** Commands, for any shell, that print words for arguments, a line each, by the path of the command that takes them. */
  readonly asked?: Readonly<Record<string, string>>
}

/** Made from the commands themselves. */
export function completionScript(program: Command, shell: Shell, { further = {}, asked = {} }: MoreWords = {}): string {
  const tree = commandTree(program, further)
  const name = `_${program.name().replace(/\W/g, '_')}`
  const names = { program: program.name(), function: name, values: optionValues(tree, further), asked }
  switch (shell) {
    case 'bash':
      return bashScript(tree, names)
    case 'zsh':
      return zshScript(tree, names)
    case 'fish':
      return fishScript(tree, names)
    default:
      return assertNever(shell)
  }
}

interface Names {
  readonly program: string
  readonly function: string
  readonly values: readonly OptionValues[]
  readonly asked: Readonly<Record<string, string>>
}

function bashScript(tree: readonly CommandEntry[], names: Names): string {
  const cases = tree.map(({ path, words, options }) => {
    const all = [...words.map(({ text }) => text), ...options.flatMap(namesOf)]
    return `    '${path}') words='${all.join(' ')}'${asking(path, names)} ;;`
  })
  return `# bash completion of ${names.program}
${askers(names)}${names.function}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" path='' words='' asks='' word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${valued(tree).join('|')}) ((i++)) ;;
      *) case "$path\${path:+ }\${COMP_WORDS[i]}" in ${paths(tree)}) path="$path\${path:+ }\${COMP_WORDS[i]}" ;; esac ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$path $previous" in
${valueCases(names, values => `mapfile -t COMPREPLY < <(compgen -W '${values}' -- "$current"); return`)}
  esac
  case "$previous" in
    ${withPaths(tree).join('|')}) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    ${valued(tree).join('|')}) COMPREPLY=() ;;
    *)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
      if [[ -n $asks ]]; then
        while IFS= read -r word; do [[ $word != "$current"* ]] || COMPREPLY+=("$word"); done < <("$asks" 2> /dev/null)
      fi
      ;;
  esac
}
complete -o filenames -F ${names.function} ${names.program}
`
}

function zshScript(tree: readonly CommandEntry[], names: Names): string {
  const cases = tree.map(({ path, words, options }) => {
    const commands = words.map(({ text, description }) => described(text, description))
    const flags = options.flatMap(option => namesOf(option).map(name => described(name, option.description)))
    return `    '${path}') commands=(${commands.join(' ')}) options=(${flags.join(' ')})${asking(path, names)} ;;`
  })
  return `#compdef ${names.program}
# zsh completion of ${names.program}
${askers(names)}${names.function}() {
  local path_='' asks='' i
  local -a commands options values
  for ((i = 2; i < CURRENT; i++)); do
    case $words[i] in
      ${valued(tree).join('|')}) ((i++)) ;;
      *) case "$path_\${path_:+ }$words[i]" in (${paths(tree)}) path_="$path_\${path_:+ }$words[i]" ;; esac ;;
    esac
  done
  case "$path_ $words[CURRENT-1]" in
${valueCases(names, values => `values=(${values}); compadd -a values; return`)}
  esac
  case $words[CURRENT-1] in
    ${withPaths(tree).join('|')}) _files; return ;;
    ${valued(tree).join('|')}) _message value; return ;;
  esac
  case $path_ in
${cases.join('\n')}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe -o option options
  elif (( \${#commands} )); then
    _describe command commands
  elif [[ -n $asks ]]; then
    values=("\${(@f)$($asks 2> /dev/null)}")
    compadd -a values
  else
    _files
  fi
}
if [ "$funcstack[1]" = ${names.function} ]; then
  ${names.function} "$@"
else
  compdef ${names.function} ${names.program}
fi
`
}

function fishScript(tree: readonly CommandEntry[], names: Names): string {
  const at = (path: string) => `complete -c ${names.program} -n '${names.function}_at "${path}"'`
  const lines = tree.flatMap(({ path, words, options }) => [
    ...words.map(({ text, description }) => `${at(path)} -a ${text}${note(description)}`),
    ...options.map(option => `${at(path)} ${fishOption(option, valuesOf(option, names))}${note(option.description)}`),
    ...(names.asked[path] === undefined ? [] : [`${at(path)} -a '(${askerOf(path, names)} 2> /dev/null)'`]),
  ])
  const asking = Object.entries(names.asked).map(([path, command]) => fishFunction(askerOf(path, names), command))
  return `# fish completion of ${names.program}
${asking.join('')}function ${names.function}_at
  set -l path ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if contains -- $word ${valued(tree).join(' ')}
      set skip 1
    else if contains -- (string trim -- "$path $word") ${tree.map(({ path }) => `'${path}'`).join(' ')}
      set path (string trim -- "$path $word")
    end
  end
  test "$path" = "$argv[1]"
end
complete -c ${names.program} -f
${lines.join('\n')}
`
}

/** Functions for bash and zsh. */
function askers(names: Names): string {
  return Object.entries(names.asked)
    .map(([path, command]) => `${askerOf(path, names)}() { ${command}; }\n`)
    .join('')
}

function asking(path: string, names: Names): string {
  return names.asked[path] === undefined ? '' : ` asks=${askerOf(path, names)}`
}

function askerOf(path: string, { function: name }: Names): string {
  return `${name}_asks_${path.replace(/\W/g, '_')}`
}

function fishFunction(name: string, command: string): string {
  return `function ${name}\n  ${command}\nend\n`
}

/** For bash and zsh. One that no command has stands for none. */
function valueCases({ values }: Names, offer: (values: string) => string): string {
  const cases = values.map(({ path, option, values: known }) => {
    const patterns = namesOf(option).map(name => `'${path} ${name}'`)
    return `    ${patterns.join('|')}) ${offer(known.join(' '))} ;;`
  })
  return cases.length === 0 ? "    '--none--') ;;" : cases.join('\n')
}

function valuesOf(option: Option, { values }: Names): readonly string[] {
  return values.find(known => known.option === option)?.values ?? []
}

function fishOption(option: Option, values: readonly string[]): string {
  const short = option.short === undefined ? '' : `-s ${option.short.slice(1)} `
  const long = option.long === undefined ? '' : `-l ${option.long.slice(2)}`
  const known = values.length === 0 ? '' : ` -f -a '${values.join(' ')}'`
  return `${short}${long}${takesValue(option) ? ' -r' : ''}${takesPath(option) ? ' -F' : ''}${known}`
}

function note(description: string): string {
  return description === '' ? '' : ` -d ${quoted(description)}`
}

function described(word: string, description: string): string {
  return quoted(`${word.replaceAll(':', '\\:')}:${description}`)
}

/** For a word of a shell, all three of which know single quotes; fish alone has an escape within them, so none is used. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’').replaceAll('\\', '')}'`
}

/** A pattern of the paths below the program. */
function paths(tree: readonly CommandEntry[]): string {
  return tree
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join('|')
}

function valued(tree: readonly CommandEntry[]): readonly string[] {
  return optionNames(tree, takesValue)
}

function withPaths(tree: readonly CommandEntry[]): readonly string[] {
  return optionNames(tree, takesPath)
}

/** One that no command has stands for none: an empty pattern is no pattern. */
function optionNames(tree: readonly CommandEntry[], filter: (option: Option) => boolean): readonly string[] {
  const names = new Set(tree.flatMap(({ options }) => options.filter(filter).flatMap(namesOf)))
  return names.size === 0 ? ['--none--'] : [...names]
}
