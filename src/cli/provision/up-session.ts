import { join, resolve } from 'node:path'
import { EXIT_CODES, type Problem, UserError } from '../../base/user-error.ts'
import { applyPlaybook, PLAYBOOKS } from '../../provision/apply/apply-playbook.ts'
import { askHosts } from '../../provision/apply/ask-hosts.ts'
import { forwardInterrupts } from '../../provision/apply/interrupts.ts'
import type { Report } from '../../provision/apply/report.ts'
import { nextStep } from '../../provision/certify/rotation.ts'
import { changeSecrets } from '../../provision/certify/secrets-file.ts'
import { untouchedReport } from '../../provision/change/batch-reports.ts'
import { runHook } from '../../provision/change/hooks.ts'
import { isUnchanged } from '../../provision/change/host-change.ts'
import { differencesOf, planFileOf, readPlanFile } from '../../provision/change/plan-file.ts'
import { errorsOf, hasChanges, hasWork, type Review } from '../../provision/change/review.ts'
import { type RolloutOptions, rollOut } from '../../provision/change/rollout.ts'
import { withRunLock } from '../../provision/lock/run-lock.ts'
import { statePaths } from '../../provision/lock/state-paths.ts'
import { auditEntries } from '../../provision/operate/audit.ts'
import { withClusterLock } from '../../provision/operate/cluster-lock.ts'
import {
  type Apply,
  applyToResume,
  drainedAtEnd,
  History,
  resumptionOf,
  unfinishedApply,
} from '../../provision/operate/history.ts'
import { batchesOf, type Serial } from '../../provision/plan/batches.ts'
import { refuseRenumbering } from '../../provision/plan/changes.ts'
import type { SourceOptions } from '../../provision/prepare-plan.ts'
import { printJson, printLine, printNotice } from '../output.ts'
import { ApplyRecord } from './apply-record.ts'
import { BEYOND_RUN, closingSentence } from './closing-sentence.ts'
import { confirm } from './confirm.ts'
import { type HostAccess, releaseDigest, reviewHosts, withHostAccess } from './host-access.ts'
import { lockPlace } from './lock.ts'
import type { PlaybookArguments } from './playbook-options.ts'
import { exitCodeOf, LOCK_NAME, printReport } from './playbook-session.ts'
import { createProgressView } from './progress-view.ts'
import { counted, listed, printFindings, printReview, reviewAsJson } from './review-view.ts'

export interface UpArguments extends PlaybookArguments {
  readonly planFile?: string | undefined
  readonly yes?: true
  readonly check?: true
  readonly diff?: true
  readonly serial?: Serial
  readonly canary?: string
  readonly resume?: true
  readonly message?: string
  /** The apply to go back to. */
  readonly rollbackTo?: Apply
  /** A change of the lock file that a check takes as made. */
  readonly supposing?: SourceOptions['supposing']
}

/** Look, show, ask, change, verify. */
export async function runUp(given: UpArguments): Promise<void> {
  const options = given.resume === true ? resumed(given) : given
  const saved = options.planFile === undefined ? undefined : readPlanFile(options.planFile)
  const limited = saved === undefined || saved.limit.length === 0 ? options : { ...options, limit: saved.limit }
  const lockFile = join(statePaths(options.inventory).folder, LOCK_NAME)
  const startedAt = performance.now()
  await withHostAccess(
    limited,
    {
      startsLab: options.check !== true,
      formerInventory: options.rollbackTo?.inventory,
      supposing: options.supposing,
      ...(options.canary === undefined ? {} : { canary: options.canary }),
    },
    access =>
      withRunLock(lockFile, 'up', async () => {
        const review = await reviewHosts(access, options)
        if (saved !== undefined) refuseOther(options.planFile ?? '', differencesOf(saved, presentPlan(review, access)))
        showReview(review, options)
        refuseErrors(review)
        refuseUnplanned(review, options)
        if (options.check === true) return showCheck(review, options)
        await confirmChanges(review, access, options)
        const report = await decideAndApply(review, access, options)
        if (report.isComplete) await endRotation(review, access, options)
        const seconds = Math.round((performance.now() - startedAt) / 10) / 100
        finish({ ...report, seconds }, options)
      }),
  )
}

function presentPlan(review: Review, access: HostAccess) {
  return planFileOf(review, { release: releaseDigest(), limit: access.limit, at: new Date() })
}

function refuseOther(path: string, differences: readonly string[]): void {
  if (differences.length === 0) return
  const cause = `the plan ${path} is not what would be done any more: ${differences.join('; ')}`
  throw new UserError({ cause, remedy: "look at it anew with 'weave-provision plan --out'; nothing was changed" })
}

function showReview(review: Review, options: UpArguments): void {
  const { plan } = review
  for (const notice of review.notices) printNotice(notice)
  if (hasChanges(review) || errorsOf(review).length > 0) printFindings(review.findings)
  if (options.json === true) return
  printLine(`Cluster ${plan.clusterName}, overlay ${plan.subnet}, ${counted(plan.hosts.length, 'host')}:`)
  printReview(review, { showsDiff: options.diff === true })
}

/** Before the first change anywhere. */
function refuseErrors(review: Review): void {
  const errors = errorsOf(review)
  if (errors.length === 0) return
  const hosts = listed([...new Set(errors.map(({ host }) => host))])
  const cause = `nothing was changed on any host, because of ${hosts}`
  throw new UserError({ cause, remedy: 'mend what is named above, or leave the host out with --limit' })
}

/** Other addresses for hosts that have some come only by a plan that was looked at, or back to what was. */
function refuseUnplanned(review: Review, options: UpArguments): void {
  if (mayRenumber(options) || options.check === true) return
  const remedy =
    "look at it with 'weave-provision plan --out FILE', and apply exactly that with 'up FILE'; or take it back"
  const problems = refuseRenumbering(review.lockChanges, remedy)
  if (problems.length > 0) throw new UserError(problems, EXIT_CODES.badInput)
}

function mayRenumber({ planFile, rollbackTo }: UpArguments): boolean {
  return planFile !== undefined || rollbackTo !== undefined
}

function showCheck(review: Review, options: UpArguments): void {
  if (options.json === true) printJson(reviewAsJson(review))
  else printLine('Checked; nothing was changed.')
}

/** A lab is there to be tried on, and a plan in a file was looked at. */
async function confirmChanges(review: Review, access: HostAccess, options: UpArguments): Promise<void> {
  const isAgreed = options.yes === true || options.planFile !== undefined || access.isLab
  const remedy = "give --yes, or a plan that was looked at: 'plan --out FILE', then 'up FILE'"
  await confirm('Go ahead?', { isGiven: isAgreed || !hasChanges(review), remedy })
}

async function decideAndApply(review: Review, access: HostAccess, options: UpArguments): Promise<Report> {
  const drained = drainedAtEnd(new History(access.sources.paths.folder).all())
  const facts = { access, options, drained }
  const changed = review.changes.filter(change => !isUnchanged(change) || drained.includes(change.host))
  if (!hasWork(review, drained)) {
    const seeTo = () => settle(review, access, options)
    // Otherwise the one that was stopped would be told of for ever.
    return hasUnfinished(access) ? new ApplyRecord(review, { ...facts, hosts: [] }).keep(seeTo) : seeTo()
  }
  const hosts = (changed.length > 0 ? changed : review.changes).map(({ host }) => host)
  const record = new ApplyRecord(review, { ...facts, hosts })
  return withClusterLock(lockPlace(access), record.operator, {
    work: obstacle => record.keep(() => changeHosts(review, access, { options, hosts, obstacle, drained, record })),
    entriesOf: report => auditEntries(record.operator, review.changes, report),
  })
}

/** Of all hosts: what was left undone elsewhere is not seen to by a part of them. */
function hasUnfinished({ sources, limit }: HostAccess): boolean {
  return limit.length === 0 && unfinishedApply(new History(sources.paths.folder).all()) !== undefined
}

/** Every host has lost the old admission key. */
async function endRotation({ rotationStage }: Review, access: HostAccess, options: UpArguments): Promise<void> {
  if (rotationStage !== 'dropped' || access.limit.length > 0) return
  const { paths, lock } = access.sources
  const password = { file: options.vaultPasswordFile }
  await withRunLock(paths.runLock, 'up', () =>
    changeSecrets({ path: paths.secrets, cluster: lock.cluster, password }, nextStep),
  )
}

interface Change {
  readonly options: UpArguments
  readonly hosts: readonly string[]
  readonly obstacle: () => Problem | undefined
  readonly drained: readonly string[]
  readonly record: ApplyRecord
}

async function changeHosts(review: Review, access: HostAccess, change: Change): Promise<Report> {
  const { options, hosts, obstacle, drained, record } = change
  const stream = options.json === true ? process.stderr : process.stdout
  const createView = () => (options.verbose > 0 ? undefined : createProgressView(stream, PLAYBOOKS.up))
  let view = createView()
  const rollout: RolloutOptions = {
    review,
    reach: access.reach,
    batches: batchesOf(hosts, { serial: options.serial, canary: options.canary }),
    provisionCommand: provisionCommand(),
    renderArguments: [
      ...(mayRenumber(options) ? ['--renumber'] : []),
      ...(options.rollbackTo === undefined ? [] : [`--as-of=${options.rollbackTo.number}`]),
    ],
    folder: access.sources.paths.folder,
    onBatch: ({ number, count, hosts }) => {
      if (count > 1) stream.write(`Batch ${number} of ${count}: ${listed(hosts)}\n`)
      view = createView()
    },
    onProgress: (progress, event) => view?.update(progress, event),
    onDone: done => record.advance(done),
    drained,
    onDrained: hosts => record.noteDrained(hosts),
    obstacle,
  }
  return rollOut(rollout, { applyPlaybook, askHosts, runHook, forwardInterrupts })
}

/** The batches of the apply that did not come to its end; what it had done is as planned by now, and left alone. */
function resumed(options: UpArguments): UpArguments {
  const history = new History(statePaths(options.inventory).folder)
  const apply = applyToResume(history.all())
  printNotice(
    `Resuming apply ${apply.number} of ${apply.startedAt}: ${apply.done.length} of ${apply.hosts.length} hosts were done.`,
  )
  return {
    ...resumptionOf(apply),
    ...(apply.rollbackTo === null ? {} : { rollbackTo: history.get(apply.rollbackTo) }),
    ...options,
  }
}

/** Nothing to change: if not everybody is reached yet, that is waited for. */
async function settle(review: Review, access: HostAccess, options: UpArguments): Promise<Report> {
  const names = review.changes.map(({ host }) => host)
  const isWell = names.every(name => (review.surveys.get(name)?.unreached ?? names).every(one => !names.includes(one)))
  if (!isWell) {
    return {
      ...(await applyPlaybook({
        ...access.reach,
        playbook: 'verify',
        plan: review.plan,
        provisionCommand: provisionCommand(),
        limit: access.limit,
        isCheck: false,
        showsDiff: options.diff === true,
        onProgress: () => {},
      })),
      command: 'up',
    }
  }
  const away = [...new Set(names.flatMap(name => review.surveys.get(name)?.unreached ?? []))]
  const notices = away.length === 0 ? [] : [`not reached, and ${BEYOND_RUN}: ${away.join(', ')}`]
  return { ...untouchedReport(access.reach.inventory, names, 'ok'), notices }
}

export function provisionCommand(): readonly string[] {
  return [process.execPath, ...process.execArgv, resolve(process.argv[1] ?? '')]
}

function finish(report: Report, options: UpArguments): void {
  printReport(report, { options, showsDiff: false })
  process.exitCode = exitCodeOf(report)
  if (report.isComplete && options.json !== true) printLine(closingSentence(report))
}
