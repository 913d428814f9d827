import { accessSync, constants } from 'node:fs'
import { resolve } from 'node:path'
import { execa } from 'execa'
import { UserError } from '../../base/user-error.ts'
import type { PlannedHost } from '../plan/plan.ts'

export type HookMoment = 'before' | 'after'

/** An agent of Mesos may take its time to give up its tasks. */
const TIMEOUT_MS = 600_000
const OUTPUT_SHOWN_MAX = 400

export interface HookPlace {
  /** Where relative paths begin. */
  readonly folder: string
  /** Ends the program. */
  readonly signal?: AbortSignal
}

/**
 * Runs the user's program for a host on this machine: `PROGRAM before|after HOST`, with the host's addresses in its environment.
 * A path is relative to the inventory. Fails with the program's own words.
 */
export async function runHook(moment: HookMoment, host: PlannedHost, { folder, signal }: HookPlace): Promise<void> {
  const given = host.hooks[moment]
  if (given === undefined) return
  const program = resolve(folder, given)
  refuseMissing(program, host, moment)
  const result = await execa(program, [moment, host.name], {
    reject: false,
    all: true,
    stdin: 'ignore',
    timeout: TIMEOUT_MS,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    env: {
      WEAVE_HOST: host.name,
      WEAVE_ADDRESS: host.underlayAddresses[0] ?? '',
      WEAVE_BRIDGE_ADDRESS: host.bridgeAddress,
    },
  })
  if (result.exitCode === 0) return
  const why = result.timedOut
    ? `did not end within ${TIMEOUT_MS / 1000} s`
    : result.isCanceled
      ? 'was interrupted'
      : `ended with ${result.exitCode ?? 'a signal'}`
  const words = String(result.all ?? '')
    .trim()
    .slice(-OUTPUT_SHOWN_MAX)
  const cause = `the hook ${given} ${moment} host '${host.name}' ${why}${words === '' ? '' : `: ${words}`}`
  throw new UserError({ cause, remedy: `run '${given} ${moment} ${host.name}' by hand; ${CONSEQUENCES[moment]}` })
}

const CONSEQUENCES: Readonly<Record<HookMoment, string>> = {
  before: "the host was not touched, and 'up --resume' goes on there",
  after: "the host is changed and well, but may still be drained, and the next 'up' calls it again",
}

function refuseMissing(program: string, host: PlannedHost, moment: HookMoment): void {
  try {
    accessSync(program, constants.X_OK)
  } catch {
    const variable = `weave_hook_${moment}`
    const cause = `${variable} of host '${host.name}', ${program}, is not a program that can be run`
    throw new UserError({ cause, remedy: `correct ${variable}; a relative path begins at the inventory's folder` })
  }
}
