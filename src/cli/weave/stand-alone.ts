import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { loadLaunch, saveLaunch } from '../../agent/host/launch-record.ts'
import { isProvisioned } from '../../agent/host/load-host.ts'
import { keepNames } from '../../agent/host/named-targets.ts'
import { StateStore } from '../../agent/host/state-store.ts'
import type { Targets } from '../../agent/host/target-text.ts'
import { loadPasswords, savePasswords } from '../../agent/password/password-keeper.ts'
import { UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import { environmentOfRouter } from './environment.ts'
import { isStandAloneGiven, recordOf, type StandAloneOptions } from './launch-options.ts'
import { takePasswords } from './password-input.ts'
import { countOf } from './peer-arguments.ts'
import { warn } from './report.ts'

/**
 * Puts what a launch by hand asks for where the router finds it. A launch by hand says anew what the router is like; a service that
 * starts it again says nothing, and gets the router of the last launch.
 */
export function prepareStandAlone(
  context: CommandContext,
  options: StandAloneOptions & { readonly foreground?: boolean },
  peers: Targets,
): void {
  if (isProvisioned(context.paths)) return
  try {
    keepLaunch(context, options, peers)
  } catch (cause) {
    const { code, path } = cause as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw cause
    throw new UserError({ cause: `${path} cannot be written: ${code}`, remedy: 'run as root' }, undefined, { cause })
  }
}

function keepLaunch(
  context: CommandContext,
  options: StandAloneOptions & { readonly foreground?: boolean },
  peers: Targets,
): void {
  const { paths } = context
  const isRestart = options.foreground === true && !isStandAloneGiven(options) && countOf(peers) === 0
  const known = isRestart ? loadLaunch(paths.launch) : undefined
  // Whatever may be refused comes before whatever is written.
  const launch = known ?? recordOf(options)
  const passwords = takePasswords(options, process.env)
  if (passwords !== undefined) savePasswords(paths.password, passwords)
  if (options.withoutPassword === true) rmSync(paths.password, { force: true })
  if (known !== undefined) return
  saveLaunch(paths.launch, launch)
  if (options.resume !== true) keepTargets(context, peers)
  if (passwords === undefined) tellOfPassword(paths.password)
}

export interface Daemon {
  readonly log: string
  hasEnded(): boolean
}

/** The router as a process of its own, where no init system knows it. Its log goes to a file. */
export function startDaemon(context: CommandContext, logLevel: string): Daemon {
  const { daemonLog } = context.paths
  mkdirSync(dirname(daemonLog), { recursive: true })
  const log = openSync(daemonLog, 'a', 0o640)
  const argv = [...process.execArgv, process.argv[1] ?? '', 'launch', '--foreground', '--log-level', logLevel]
  const env = environmentOfRouter(process.env)
  const child = spawn(process.execPath, argv, { detached: true, stdio: ['ignore', log, log], env })
  child.unref()
  closeSync(log)
  return { log: daemonLog, hasEnded: () => child.exitCode !== null || child.signalCode !== null }
}

function keepTargets(context: CommandContext, peers: Targets): void {
  const store = new StateStore(context.paths)
  const former = store.targets([]).length
  store.saveTargets(peers.endpoints, [])
  keepNames(context.paths.namedTargets, peers.names)
  if (countOf(peers) === 0 && former > 0) {
    warn(`the ${former} peers of the last launch are forgotten: another time, keep them with --resume`)
  }
}

function tellOfPassword(path: string): void {
  if (loadPasswords(path).length > 0) warn('the password of the last launch stays valid; --without-password drops it')
  else warn('no password: traffic is encrypted, but whoever reaches this host is let in. Give --password-file FILE')
}
