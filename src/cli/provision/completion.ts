import type { Command } from 'commander'
import { printLine } from '../output.ts'

const EXAMPLE = `
Example:
  $ weave-provision completion bash > /etc/bash_completion.d/weave-provision`

export function registerCompletion(program: Command): void {
  const completion = program.command('completion').description('print a completion script for a shell')
  completion
    .command('bash')
    .description('print the completion script for bash')
    .addHelpText('after', EXAMPLE)
    .action(() => printLine(bashCompletion(program)))
}

/** Made from the commands themselves, so that it never lags behind them. */
export function bashCompletion(program: Command): string {
  const cases = entriesOf(program, '').map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`)
  return `# bash completion of ${program.name()}
_weave_provision() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" path='' words='' word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    [[ $word == -* ]] && continue
    [[ \${COMP_WORDS[i - 1]} == -* ]] && continue
    path="$path $word"
  done
  case "$path" in
${cases.join('\n')}
  esac
  if [[ $previous == -i || $previous == -o || $previous == --inventory || $previous == --output || $previous == --*file ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -o filenames -F _weave_provision ${program.name()}`
}

interface Entry {
  readonly path: string
  readonly words: readonly string[]
}

function entriesOf(command: Command, path: string): readonly Entry[] {
  const help = command.createHelp()
  const subcommands = help.visibleCommands(command).map(child => child.name())
  const options = help.visibleOptions(command).flatMap(option => [option.short, option.long])
  const words = [...subcommands, ...options].filter(word => word !== undefined && word !== null)
  return [{ path, words }, ...command.commands.flatMap(child => entriesOf(child, `${path} ${child.name()}`))]
}
