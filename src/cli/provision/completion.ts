import { Argument, type Command } from 'commander'
import { completionScript, SHELLS, type Shell } from '../help/completion-script.ts'
import { type ManualPage, manualPage } from '../help/manual-page.ts'
import { printText } from '../output.ts'

const EXAMPLES = `
Examples:
  $ weave-provision completion bash > /etc/bash_completion.d/weave-provision
  $ weave-provision completion zsh > /usr/local/share/zsh/site-functions/_weave-provision
  $ weave-provision completion fish > ~/.config/fish/completions/weave-provision.fish`

const MANUAL_EXAMPLE = `
Example:
  $ weave-provision manual > /usr/local/share/man/man1/weave-provision.1`

/** One table for all commands; docs/operations.md shows the same. */
export const EXIT_CODE_TABLE: ManualPage['exitCodes'] = [
  ['0', 'done; of plan: nothing to do'],
  ['1', 'failed, or not confirmed; of plan: any error'],
  ['2', 'bad input: nothing was changed; of plan: there are changes'],
  ['130', 'interrupted; the next up brings about what is missing'],
]

const FILES: ManualPage['files'] = [
  ['.weave.lock.yml', 'beside the inventory: the number of each host, to be committed'],
  ['.weave.cluster.vault.yml', 'beside the inventory: the keys of the cluster, encrypted, to be committed'],
  ['.weave.history', 'beside the inventory: what was applied'],
  ['/etc/weave', 'on a host: configuration of the router'],
  ['/var/lib/weave', 'on a host: its identity, and what it was like before'],
]

export function registerCompletion(program: Command, version: string): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action((shell: Shell) => printText(completionScript(program, shell)))
  program
    .command('manual')
    .description('print the manual page')
    .addHelpText('after', MANUAL_EXAMPLE)
    .action(() => printText(provisionManual(program, version)))
}

export function provisionManual(program: Command, version: string): string {
  const seeAlso = ['ansible-playbook(1)', 'ansible-vault(1)', 'docs/operations.md']
  return manualPage(program, { section: 1, version, exitCodes: EXIT_CODE_TABLE, files: FILES, seeAlso })
}
