import { join, resolve } from 'node:path'
import { EXIT_CODES } from '../../base/user-error.ts'
import { applyPlaybook, PLAYBOOKS, type PlaybookName } from '../../provision/apply/apply-playbook.ts'
import type { Report } from '../../provision/apply/report.ts'
import { withRunLock } from '../../provision/lock/run-lock.ts'
import { removalEntries } from '../../provision/operate/audit.ts'
import { withClusterLock } from '../../provision/operate/cluster-lock.ts'
import { currentOperator } from '../../provision/operate/operator.ts'
import { decide, type PreparedPlan } from '../../provision/prepare-plan.ts'
import { printJson, printNotice } from '../output.ts'
import { type HostAccess, withHostAccess } from './host-access.ts'
import { lockPlace } from './lock.ts'
import type { PlaybookArguments } from './playbook-options.ts'
import { createProgressView } from './progress-view.ts'
import { printDiffs, printFailures } from './report-view.ts'

/** Apart from the lock that `render` takes: the roles call `render` while this one is held. */
export const LOCK_NAME = '.weave.apply.lock'

export interface Session {
  readonly playbook: PlaybookName
  /** What the user has called, for other operators and the audit log; the playbook's name unless given. */
  readonly command?: string
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
  return withHostAccess(session.options, { startsLab: session.startsLab }, async access => {
    const prepared = decide(access.sources, {})
    const names = prepared.plan.hosts.map(({ name }) => name)
    const hosts = access.limit.length > 0 ? access.limit : names
    await session.confirm(prepared, hosts)
    const lockFile = join(prepared.paths.folder, LOCK_NAME)
    const report = await withRunLock(lockFile, session.command ?? session.playbook, () =>
      isTakingDown(session) ? takeDown(session, access, { prepared, hosts }) : apply(session, access, prepared),
    )
    process.exitCode = exitCodeOf(report)
    return report
  })
}

function isTakingDown({ playbook, isCheck }: Session): boolean {
  return playbook === 'down' && !isCheck
}

interface Removal {
  readonly prepared: PreparedPlan
  readonly hosts: readonly string[]
}

/** Not while another operator is at work; and who has done it is told by the hosts' logs, which stay. */
async function takeDown(session: Session, access: HostAccess, { prepared, hosts }: Removal): Promise<Report> {
  const operator = currentOperator(session.command ?? session.playbook)
  return withClusterLock(lockPlace(access), operator, {
    onlyWhereSetUp: true,
    work: () => apply(session, access, prepared),
    entriesOf: report => removalEntries(operator, hosts, report),
  })
}

async function apply(session: Session, access: HostAccess, { plan }: PreparedPlan): Promise<Report> {
  const { options, playbook } = session
  const stream = options.json === true ? process.stderr : process.stdout
  const view = options.verbose > 0 ? undefined : createProgressView(stream, PLAYBOOKS[playbook])
  return applyPlaybook({
    ...access.reach,
    playbook,
    plan,
    provisionCommand: [process.execPath, ...process.execArgv, resolve(process.argv[1] ?? '')],
    limit: access.limit,
    isCheck: session.isCheck,
    showsDiff: session.showsDiff,
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
