import { Argument, type Command } from 'commander'
import { LOG_LEVELS } from '../../agent/runtime/logger.ts'
import { completionScript, SHELLS, type Shell } from '../help/completion-script.ts'
import { OLD_COMMANDS } from './old-spellings.ts'
import { print } from './report.ts'

const FURTHER = {
  '': Object.keys(OLD_COMMANDS),
  'launch --log-level': LOG_LEVELS,
  'launch --ipalloc-init': ['consensus', 'observer'],
}

const RUNNING = "docker ps --format '{{.Names}}'"
/** Peers say their nicknames themselves: only plain ones are words for a shell. */
const LOST_PEERS = `weave status peers | awk -F '[()]' '/ - unreachable!/ && $2 ~ /^[A-Za-z0-9._-]+$/ { print $2 }'`

const ASKED = {
  attach: RUNNING,
  detach: RUNNING,
  ps: RUNNING,
  restart: RUNNING,
  start: "docker ps --filter status=created --filter status=exited --format '{{.Names}}'",
  'dns-add': RUNNING,
  'dns-remove': RUNNING,
  forget: 'weave status targets',
  rmpeer: LOST_PEERS,
}

/** `weave completion` prints what a shell needs: `. <(weave completion)`. */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('[shell]', 'the shell').choices(SHELLS).default('bash'))
    .action((shell: Shell) => print(weaveCompletion(program, shell)))
}

export function weaveCompletion(program: Command, shell: Shell): string {
  return completionScript(program, shell, { further: FURTHER, asked: ASKED })
}
