import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { EXIT_CODES, type ExitCode } from '../../base/user-error.ts'
import { helpWords } from '../help/help-words.ts'
import { printError } from '../output.ts'
import { projectRoot } from '../project-root.ts'
import { registerAudit } from './audit.ts'
import { registerCompletion } from './completion.ts'
import { registerDoctor } from './doctor.ts'
import { registerDown } from './down.ts'
import { registerExport } from './export.ts'
import { registerFirewall } from './firewall.ts'
import { registerHistory } from './history.ts'
import { registerInit } from './init.ts'
import { registerLab } from './lab.ts'
import { registerLock } from './lock.ts'
import { registerLogs } from './logs.ts'
import { registerMembership } from './membership.ts'
import { registerPlan } from './plan.ts'
import { registerPreflight } from './preflight.ts'
import { registerRender } from './render.ts'
import { registerReset } from './reset.ts'
import { registerRollback } from './rollback.ts'
import { registerRotate } from './rotate.ts'
import { registerShell } from './shell.ts'
import { registerStatus } from './status.ts'
import { registerSupportBundle } from './support-bundle.ts'
import { registerTest } from './test-overlay.ts'
import { registerUp } from './up.ts'
import { registerValidate } from './validate.ts'
import { registerVerify } from './verify.ts'

export function createProgram(): Command {
  const version = readVersion()
  const program = new Command('weave-provision')
    .description('Turns the Docker hosts of an Ansible inventory into one encrypted virtual Ethernet switch.')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('remedy: weave-provision --help shows the commands and their options')
    .showSuggestionAfterError()
    .exitOverride()
  registerInit(program)
  registerValidate(program)
  registerPreflight(program)
  registerPlan(program)
  registerUp(program)
  registerStatus(program)
  registerTest(program)
  registerDoctor(program)
  registerLogs(program)
  registerShell(program)
  registerSupportBundle(program)
  registerVerify(program)
  registerDown(program)
  registerReset(program)
  registerRender(program)
  registerMembership(program)
  registerRotate(program)
  registerHistory(program)
  registerRollback(program)
  registerLock(program)
  registerAudit(program)
  registerFirewall(program)
  registerExport(program)
  registerLab(program)
  registerCompletion(program, version)
  return program
}

/** A command fails by throwing, and may end with a code of its own by setting `process.exitCode`. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<ExitCode> {
  try {
    await program.parseAsync([...helpWords(program, argv.slice(2))], { from: 'user' })
    return (process.exitCode ?? EXIT_CODES.ok) as ExitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.ok : usageCode(argv)
    return printError(error)
  }
}

/** Of `plan`, 2 says that there are changes. */
function usageCode(argv: readonly string[]): ExitCode {
  return argv[2] === 'plan' ? EXIT_CODES.failure : EXIT_CODES.badInput
}

function readVersion(): string {
  const text = readFileSync(join(projectRoot(), 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
