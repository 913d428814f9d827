import { join } from 'node:path'
import type { Problem } from '../../base/user-error.ts'
import type { PlaybookRequest } from '../commands/playbook-command.ts'
import type { Plan } from '../plan/plan.ts'
import { diagnoseText } from './diagnosis.ts'
import type { PlaybookEvent } from './event.ts'
import type { Phase } from './phase.ts'
import { withPrivateFolder } from './private-folder.ts'
import { Progress } from './progress.ts'
import { makeReport, type Report } from './report.ts'
import { type PlaybookRun, runPlaybook } from './run-playbook.ts'

/** How the hosts are reached, the same for every run of one command. */
export interface Reach
  extends Pick<
    PlaybookRequest,
    'prefix' | 'verbosity' | 'asksBecomePassword' | 'becomePasswordFile' | 'forks' | 'privateKey' | 'further'
  > {
  readonly projectRoot: string
  /** Absolute, as all paths that Ansible is given. */
  readonly inventory: string
  readonly vaultPasswordFile?: string | undefined
  readonly outputFd: 1 | 2
  /** Where connections to the hosts are kept for the next run. */
  readonly connectionsFolder?: string | undefined
}

/** What each playbook does, stage by stage. */
export const PLAYBOOKS = {
  up: ['preflight', 'agent', 'files', 'bridge', 'router', 'verify', 'docker'],
  admit: ['preflight', 'agent', 'files'],
  verify: ['verify'],
  down: ['remove'],
} as const satisfies Readonly<Record<string, readonly Phase[]>>

export type PlaybookName = keyof typeof PLAYBOOKS

export interface ApplyOptions extends Reach, Pick<PlaybookRequest, 'limit' | 'isCheck' | 'showsDiff'> {
  readonly playbook: PlaybookName
  readonly plan: Pick<Plan, 'group' | 'subnet' | 'hosts'>
  /** How the roles call this program, to render. */
  readonly provisionCommand: readonly string[]
  /** Further words for the roles' `render`. */
  readonly renderArguments?: readonly string[]
  readonly onProgress: (progress: Progress, event: PlaybookEvent) => void
}

/** Lets Ansible bring the hosts to what the plan says, and tells what came of it. */
export async function applyPlaybook(options: ApplyOptions): Promise<Report> {
  const startedAt = performance.now()
  const names = options.plan.hosts.map(({ name }) => name)
  const progress = new Progress(options.limit.length > 0 ? options.limit : names)
  const run = await withPrivateFolder(folder =>
    runPlaybook(requestOf(options, folder), {
      projectRoot: options.projectRoot,
      privateFolder: folder,
      connectionsFolder: options.connectionsFolder,
      vaultPasswordFile: options.vaultPasswordFile,
      outputFd: options.outputFd,
      onEvent: event => {
        progress.apply(event)
        options.onProgress(progress, event)
      },
    }),
  )
  return makeReport(progress, {
    command: options.playbook,
    inventory: options.inventory,
    isCheck: options.isCheck,
    isInterrupted: run.isInterrupted,
    seconds: Math.round((performance.now() - startedAt) / 10) / 100,
    phases: PLAYBOOKS[options.playbook],
    further: unexplained(run, progress),
  })
}

function requestOf(options: ApplyOptions, folder: string): PlaybookRequest {
  const { playbook, projectRoot, plan, inventory } = options
  return {
    ...options,
    playbook: join(projectRoot, 'playbooks', `${playbook}.yml`),
    variables: {
      weave_group: plan.group,
      weave_subnet: plan.subnet,
      weave_provision_command: options.provisionCommand,
      ...(options.renderArguments === undefined ? {} : { weave_render_arguments: options.renderArguments }),
      weave_inventory_sources: [inventory],
      weave_render_folder: join(folder, 'rendered'),
      weave_ship_folder: join(projectRoot, 'dist', 'ship'),
    },
  }
}

/** Ansible may end before anything happens: a wrong option, a role that it cannot read. */
function unexplained(run: PlaybookRun, progress: Progress): readonly Problem[] {
  if (run.exitCode === 0 || run.isInterrupted || progress.hasFailed) return []
  const errors = run.output.slice(Math.max(0, run.output.indexOf('ERROR!')))
  return [diagnoseText(errors)]
}
