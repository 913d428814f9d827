import { EXIT_CODES, type Problem, UserError } from '../../base/user-error.ts'
import type { Reach } from '../apply/apply-playbook.ts'
import type { RotationStage } from '../certify/cluster-secrets.ts'
import { type ComposeOptions, composeCluster, openClusterSecrets } from '../compose-cluster.ts'
import { changesBetween, type LockChange } from '../plan/changes.ts'
import type { FactsByHost } from '../plan/host-facts.ts'
import type { Plan } from '../plan/plan.ts'
import { decide, type PreparedPlan, type Sources } from '../prepare-plan.ts'
import { type Finding, findingsOf } from '../survey/findings.ts'
import type { HostSurvey } from '../survey/survey.ts'
import { surveyHosts } from '../survey/survey-hosts.ts'
import { changeOf, type HostChange, isUnchanged, missingTexts, type ReleaseOnOffer } from './host-change.ts'

/** What `up` would do, host by host, and what stands against it. */
export interface Review {
  readonly prepared: PreparedPlan
  readonly plan: Plan
  readonly lockChanges: readonly LockChange[]
  /** Of the hosts that were asked and have answered, in the order of their numbers. */
  readonly changes: readonly HostChange[]
  readonly surveys: ReadonlyMap<string, HostSurvey>
  readonly findings: readonly Finding[]
  /** Some of the contents follow from keys that nobody has made yet, and are shown with placeholders. */
  readonly awaitsKeys: readonly string[]
  /** Of the admission key; undefined when it is not being changed. */
  readonly rotationStage: RotationStage | undefined
  readonly notices: readonly string[]
}

export interface ReviewOptions extends ComposeOptions {
  readonly reach: Reach
  /** The hosts to ask; all when empty. */
  readonly limit: readonly string[]
  readonly release: ReleaseOnOffer
}

/** Looks at the hosts and compares: once for fingerprints, and once more for the text of what differs. */
export async function reviewCluster(sources: Sources, options: ReviewOptions): Promise<Review> {
  const names = sources.inventory.hosts.map(({ name }) => name)
  const hosts = options.limit.length > 0 ? options.limit : names
  const composing = { ...options, isCheck: true }
  const opened = openClusterSecrets(sources, composing)
  // Waited for only when the hosts have answered; what the hosts have to say goes first.
  opened.catch(() => undefined)
  const first = await surveyHosts(options.reach, { inventory: sources.inventory, hosts, texts: [] })
  const { prepared, problems } = decideWith(sources, first.surveys)
  const unread = [...first.failures].flatMap(([host, failures]) => failures.map(toFinding(host, 'reach')))
  if (prepared === undefined) throw refusalOf([...unread, ...problems])
  const composed = await composeCluster(prepared, composing, opened)
  const compare = (surveys: ReadonlyMap<string, HostSurvey>) =>
    composed.hosts.flatMap(rendered => {
      const survey = surveys.get(rendered.host)
      return survey === undefined ? [] : [changeOf(rendered, survey, options.release)]
    })
  const surveys = await withTexts(compare(first.surveys), first.surveys, async (differing, texts) => {
    const again = await surveyHosts(options.reach, { inventory: sources.inventory, hosts: differing, texts })
    return again.surveys
  })
  const key = new Map(prepared.plan.lock.hosts.map(host => [host.name, host.publicKey]))
  return {
    prepared,
    plan: prepared.plan,
    lockChanges: changesBetween(sources.lock, prepared.plan.lock),
    changes: compare(surveys),
    surveys,
    findings: [...unread, ...findingsOf(prepared.plan, surveys)],
    awaitsKeys: hosts.filter(host => surveys.has(host) && key.get(host) === undefined),
    rotationStage: composed.rotationStage,
    notices: composed.notices,
  }
}

export function hasChanges(review: Review): boolean {
  return review.lockChanges.length > 0 || review.changes.some(change => !isUnchanged(change))
}

/** Whom an apply that was stopped has left drained, among those that were asked: `up` has their hooks to call, if nothing else. */
export function leftDrained({ changes }: Pick<Review, 'changes'>, drained: readonly string[]): readonly string[] {
  return changes.map(({ host }) => host).filter(host => drained.includes(host))
}

/** Whether `up` would do anything. */
export function hasWork(review: Review, drained: readonly string[]): boolean {
  return hasChanges(review) || leftDrained(review, drained).length > 0
}

export function errorsOf(review: Pick<Review, 'findings'>): readonly Finding[] {
  return review.findings.filter(({ severity }) => severity === 'error')
}

async function withTexts(
  changes: readonly HostChange[],
  surveys: ReadonlyMap<string, HostSurvey>,
  read: (hosts: readonly string[], texts: readonly string[]) => Promise<ReadonlyMap<string, HostSurvey>>,
): Promise<ReadonlyMap<string, HostSurvey>> {
  const wanting = changes.filter(change => missingTexts(change).length > 0)
  if (wanting.length === 0) return surveys
  const texts = [...new Set(wanting.flatMap(missingTexts))].sort()
  return new Map([
    ...surveys,
    ...(await read(
      wanting.map(({ host }) => host),
      texts,
    )),
  ])
}

interface Decision {
  readonly prepared: PreparedPlan | undefined
  readonly problems: readonly Finding[]
}

/** What the hosts say may make a plan impossible; then all that is wrong is told at once. */
function decideWith(sources: Sources, surveys: ReadonlyMap<string, HostSurvey>): Decision {
  const facts: FactsByHost = Object.fromEntries([...surveys].map(([host, survey]) => [host, survey.facts]))
  try {
    return { prepared: decide(sources, facts), problems: [] }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const ofHosts = [...surveys].flatMap(([host, { problems }]) => problems.map(toFinding(host, 'host')))
    return { prepared: undefined, problems: [...ofHosts, ...error.problems.map(toFinding('', 'plan'))] }
  }
}

function toFinding(host: string, about: string): (problem: Problem) => Finding {
  return ({ cause, remedy }) => ({ host, severity: 'error', about, cause, remedy })
}

function refusalOf(findings: readonly Finding[]): UserError {
  const named = findings.map(({ host, cause, remedy }) => ({
    cause: host === '' ? cause : `${host}: ${cause}`,
    remedy,
  }))
  return new UserError(named, EXIT_CODES.badInput)
}
