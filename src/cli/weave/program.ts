import { Command, CommanderError } from 'commander'
import { AGENT_VERSION } from '../../agent/version.ts'
import { EXIT_CODES } from '../../base/user-error.ts'
import { helpWords } from '../help/help-words.ts'
import { registerCniCommands } from './cni-commands.ts'
import { registerCompletion } from './completion.ts'
import { registerContainerCommands } from './container-commands.ts'
import { type CommandContext, createContext, type Release } from './context.ts'
import { answerEmptily } from './empty-answers.ts'
import { registerEventCommands } from './event-commands.ts'
import { registerExposeCommands } from './expose-commands.ts'
import { registerHostCommands } from './host-commands.ts'
import { registerManPage } from './man-page.ts'
import { registerNameCommands } from './name-commands.ts'
import { OLD_COMMANDS, withoutOldSpellings } from './old-spellings.ts'
import { registerPasswordCommands } from './password-commands.ts'
import { registerProxyCommands } from './proxy-commands.ts'
import { registerQueryCommands, showVersions } from './query-commands.ts'
import { AS_JSON, type FormatOptions, reportError } from './report.ts'
import { registerResetCommand } from './reset-command.ts'
import { registerRouterCommands, stopRouter } from './router-commands.ts'
import { registerRunCommands } from './run-commands.ts'

type Register = (program: Command, context: CommandContext) => void

/** By the words that calls of them begin with. To make all of them takes a fifteenth of what a command takes, and a call needs one. */
const GROUPS: readonly (readonly [names: string, register: Register])[] = [
  ['create-bridge attach-bridge bridge-type docker-bridge-ip identity', registerHostCommands],
  ['launch stop', registerRouterCommands],
  ['status report connect forget', registerQueryCommands],
  ['run start restart', registerRunCommands],
  ['attach detach ps', registerContainerCommands],
  ['expose hide prime', registerExposeCommands],
  ['env launch-proxy stop-proxy config', registerProxyCommands],
  ['setup-cni setup cni', registerCniCommands],
  ['dns-add dns-remove dns-lookup dns-args add-range rmpeer', registerNameCommands],
  ['events', registerEventCommands],
  ['password', registerPasswordCommands],
  ['reset', (program, context) => registerResetCommand(program, context, stopRouter)],
]

/** Runs one command, and says how the process should end. */
export async function runWeave(argv: readonly string[], release: Release): Promise<number> {
  // A password among the arguments is not for everybody who lists processes.
  process.title = 'weave'
  const words = withoutOldSpellings(argv, process.env)
  if (words === undefined) return EXIT_CODES.ok
  const program = createProgram(createContext(release, process.env), words[2])
  try {
    await program.parseAsync([...helpWords(program, words.slice(2))], { from: 'user' })
    return Number(process.exitCode ?? EXIT_CODES.ok)
  } catch (error) {
    // Usage has been shown on standard error; help that was asked for is no failure.
    if (error instanceof CommanderError) return error.exitCode
    return reportError(error)
  }
}

/** With the commands of one group when `called` is one of them, with all otherwise. */
export function createProgram(context: CommandContext, called?: string): Command {
  const program = new Command('weave')
    .description('The overlay network of this host: its bridge, its router, and what the router knows.')
    .version(versionText(), '-V, --version', 'print the version')
    .showHelpAfterError('remedy: `weave help` shows the commands, `weave COMMAND --help` what one of them takes')
    .showSuggestionAfterError()
    .exitOverride()
    .allowExcessArguments(false)
    .enablePositionalOptions()
  const group = GROUPS.find(([names]) => called !== undefined && names.split(' ').includes(called))
  for (const [, register] of group === undefined ? GROUPS : [group]) register(program, context)
  if (group === undefined) registerWhatKnowsAll(program, context)
  answerEmptily(program)
  return program
}

/** Commands that speak of all others, and what is no command of its own any more. */
function registerWhatKnowsAll(program: Command, context: CommandContext): void {
  for (const [name, text] of Object.entries(OLD_COMMANDS)) program.command(name, { hidden: true }).description(text)
  registerCompletion(program)
  registerManPage(program)
  program
    .command('version')
    .description('print the versions of this program and of the router that runs')
    .option(...AS_JSON)
    .action((options: FormatOptions) => showVersions(context, options))
}

function versionText(): string {
  return `weave ${AGENT_VERSION}`
}
