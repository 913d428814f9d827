import { Command, CommanderError } from 'commander'
import { AGENT_VERSION } from '../../agent/version.ts'
import { EXIT_CODES } from '../../base/user-error.ts'
import { helpWords } from '../help/help-words.ts'
import { registerCniCommands } from './cni-commands.ts'
import { registerCompletion } from './completion.ts'
import { registerContainerCommands } from './container-commands.ts'
import { type CommandContext, createContext } from './context.ts'
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

/** Runs one command, and says how the process should end. */
export async function runWeave(argv: readonly string[], dataPathProgram: URL): Promise<number> {
  const program = createProgram(createContext(dataPathProgram, process.env))
  // A password among the arguments is not for everybody who lists processes.
  process.title = 'weave'
  const words = withoutOldSpellings(argv, process.env)
  if (words === undefined) return EXIT_CODES.ok
  try {
    await program.parseAsync([...helpWords(program, words.slice(2))], { from: 'user' })
    return Number(process.exitCode ?? EXIT_CODES.ok)
  } catch (error) {
    // Usage has been shown on standard error; help that was asked for is no failure.
    if (error instanceof CommanderError) return error.exitCode
    return reportError(error)
  }
}

export function createProgram(context: CommandContext): Command {
  const program = new Command('weave')
    .description('The overlay network of this host: its bridge, its router, and what the router knows.')
    .version(versionText(), '-V, --version', 'print the version')
    .showHelpAfterError('remedy: `weave help` shows the commands, `weave COMMAND --help` what one of them takes')
    .showSuggestionAfterError()
    .exitOverride()
    .allowExcessArguments(false)
    .enablePositionalOptions()
  registerHostCommands(program, context)
  registerRouterCommands(program, context)
  registerQueryCommands(program, context)
  registerRunCommands(program, context)
  registerContainerCommands(program, context)
  registerExposeCommands(program, context)
  registerProxyCommands(program, context)
  registerCniCommands(program, context)
  registerNameCommands(program, context)
  registerEventCommands(program, context)
  registerPasswordCommands(program, context)
  registerResetCommand(program, context, stopRouter)
  for (const [name, text] of Object.entries(OLD_COMMANDS)) program.command(name, { hidden: true }).description(text)
  answerEmptily(program)
  registerCompletion(program)
  registerManPage(program)
  program
    .command('version')
    .description('print the versions of this program and of the router that runs')
    .option(...AS_JSON)
    .action((options: FormatOptions) => showVersions(context, options))
  return program
}

function versionText(): string {
  return `weave ${AGENT_VERSION}`
}
