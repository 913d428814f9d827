import { Argument, type Command } from 'commander'
import { completionScript, SHELLS, type Shell } from '../help/completion-script.ts'
import { OLD_COMMANDS } from './old-spellings.ts'
import { print } from './report.ts'

/** `weave completion` prints what a shell needs: `. <(weave completion)`. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('[shell]', 'the shell').choices(SHELLS).default('bash'))
    .action((shell: Shell) => print(weaveCompletion(program, shell)))
}

export function weaveCompletion(program: Command, shell: Shell): string {
  return completionScript(program, shell, { '': Object.keys(OLD_COMMANDS) })
}
