import type { Command } from 'commander'
import { print } from './report.ts'

/** `weave completion` prints what bash needs: `. <(weave completion)`. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for bash')
    .action(() => print(completionScript(program)))
}

export function completionScript(program: Command): string {
  const commands = program.commands.map(command => command.name())
  const cases = program.commands.map(command => {
    const options = command.options.map(option => option.long ?? '').filter(option => option !== '')
    const topics = command.name() === 'status' ? ['peers', 'connections', 'targets', 'dns', 'ipam'] : []
    return `    ${command.name()}) words='${[...topics, ...options].join(' ')}' ;;`
  })
  return `_weave() {
  local words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words='${[...commands, 'help'].join(' ')}' ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words='${[...commands, 'help'].join(' ')}'
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -F _weave weave
`
}
