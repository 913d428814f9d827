import { join, resolve } from 'node:path'
import { EXIT_CODES } from '../../base/user-error.ts'
import { applyPlaybook, PLAYBOOKS, type PlaybookName } from '../../provision/apply/apply-playbook.ts'
import { ensureAnsible } from '../../provision/apply/ensure-ansible.ts'
import type { Report } from '../../provision/apply/report.ts'
import { withRunLock } from '../../provision/lock/run-lock.ts'
import { type PreparedPlan, preparePlan } from '../../provision/prepare-plan.ts'
import { printJson, printNotice } from '../output.ts'
import { projectRoot } from '../project-root.ts'
import { refuseUnbuilt } from './host-access.ts'
import { type LabAccess, openLab } from './lab-access.ts'
import { checkLimit, type PlaybookArguments } from './playbook-options.ts'
import { createProgressView } from './progress-view.ts'
import { printDiffs, printFailures } from './report-view.ts'

/** Apart from the lock that `render` takes: the roles call `render` while this one is held. */
export const LOCK_NAME = '.weave.apply.lock'

export interface Session {
  readonly playbook: PlaybookName
  readonly options: PlaybookArguments
  readonly isCheck: boolean
  readonly showsDiff: boolean
  /** Whether a lab that is not running is started. */
  readonly startsLab: boolean
  /** After everything that can be checked without the hosts, and before they are contacted. */
  readonly confirm: (prepared: PreparedPlan, hosts: readonly string[]) => Promise<void>
}

/** From the inventory to the outcome: what is wrong is refused before any host is contacted. */
export async function runSession(session: Session): Promise<Report> {
  const { options } = session
  await ensureAnsible(printNotice)
  refuseUnbuilt()
  const prepared = await preparePlan({
    inventoryPath: options.inventory,
    vaultPasswordFile: options.vaultPasswordFile,
  })
  const names = prepared.plan.hosts.map(({ name }) => name)
  const limit = checkLimit(options.limit ?? [], names)
  await session.confirm(prepared, limit.length > 0 ? limit : names)
  const report = await withRunLock(join(prepared.paths.folder, LOCK_NAME), session.playbook, async () => {
    const lab = await openLab(options.inventory, prepared, { isStarted: session.startsLab })
    return apply(session, { prepared, limit, lab })
  })
  process.exitCode = exitCodeOf(report)
  return report
}

interface Prepared {
  readonly prepared: PreparedPlan
  readonly limit: readonly string[]
  readonly lab: LabAccess | undefined
}

async function apply(session: Session, { prepared, limit, lab }: Prepared): Promise<Report> {
  const { options, playbook } = session
  const stream = options.json === true ? process.stderr : process.stdout
  const view = options.verbose > 0 ? undefined : createProgressView(stream, PLAYBOOKS[playbook])
  return applyPlaybook({
    playbook,
    projectRoot: projectRoot(),
    inventory: resolve(options.inventory),
    vaultPasswordFile: options.vaultPasswordFile === undefined ? undefined : resolve(options.vaultPasswordFile),
    plan: prepared.plan,
    provisionCommand: [process.execPath, ...process.execArgv, resolve(process.argv[1] ?? '')],
    prefix: lab?.prefix ?? [],
    further: lab?.ansibleArguments ?? [],
    limit,
    isCheck: session.isCheck,
    showsDiff: session.showsDiff,
    verbosity: options.verbose,
    asksBecomePassword: options.askBecomePass === true,
    forks: options.forks,
    privateKey: options.privateKey === undefined ? undefined : resolve(options.privateKey),
    outputFd: options.json === true ? 2 : 1,
    onProgress: (progress, event) => view?.update(progress, event),
  })
}

/** What every command shows of its outcome; the caller adds a closing sentence when all went well. */
export function printReport(report: Report, session: Pick<Session, 'options' | 'showsDiff'>): void {
  if (session.options.json === true) printJson(report)
  else if (session.showsDiff) printDiffs(report)
  for (const notice of report.notices) printNotice(notice)
  printFailures(report)
  if (report.isInterrupted) {
    printNotice(`Interrupted. What was begun is not lost: the next '${report.command}' brings about what is missing.`)
  }
}

export function exitCodeOf(report: Report): number {
  if (report.isInterrupted) return EXIT_CODES.interrupted
  return report.isComplete ? EXIT_CODES.ok : EXIT_CODES.failure
}
