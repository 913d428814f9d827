import type { Command } from 'commander'
import { AS_JSON, type FormatOptions, print } from './report.ts'

/** Commands that say nothing when they have done what they are for. */
export const SILENT_COMMANDS: readonly string[] = [
  ...['connect', 'forget', 'dns-add', 'dns-remove', 'prime', 'add-range', 'setup', 'launch-proxy', 'stop-proxy'],
  ...['stop', 'reset', 'create-bridge', 'attach-bridge'],
]

/** Their answer in JSON is an empty object: a script can give `--json` to all commands, and read what each of them prints. */
export function answerEmptily(program: Command): void {
  for (const command of program.commands) {
    if (!SILENT_COMMANDS.includes(command.name()) || command.options.some(({ long }) => long === '--json')) continue
    command.option(...AS_JSON).hook('postAction', () => {
      if (command.opts<FormatOptions>().json === true && (process.exitCode ?? 0) === 0) print('{}\n')
    })
  }
}
