import { type Command, Option } from 'commander'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { planFileOf, writePlanFile } from '../../provision/change/plan-file.ts'
import { errorsOf, hasWork, leftDrained } from '../../provision/change/review.ts'
import { drainedAtEnd, History } from '../../provision/operate/history.ts'
import { changesBetween, type LockChange } from '../../provision/plan/changes.ts'
import type { Plan } from '../../provision/plan/plan.ts'
import { preparePlan } from '../../provision/prepare-plan.ts'
import { coloursFor, formatTable, printJson, printLine, printNotice } from '../output.ts'
import { releaseDigest, reviewHosts, withHostAccess } from './host-access.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { listed, printFindings, printReview, reviewAsJson } from './review-view.ts'

interface PlanArguments extends PlaybookArguments {
  readonly facts?: string
  readonly offline?: true
  readonly out?: string
  readonly diff: boolean
}

/** As of Terraform: 0 nothing to change, 1 failure, 2 changes. */
const EXIT_CODE_CHANGES = 2

const SIGNS: Readonly<Record<LockChange['kind'], string>> = {
  add: '+',
  remove: '-',
  renumber: '~',
  readdress: '~',
  'new-key': '~',
}

const EXAMPLES = `
Examples:
  $ weave-provision plan -i hosts.yml
  $ weave-provision plan -i hosts.yml --out monday.plan && weave-provision up -i hosts.yml monday.plan
  $ weave-provision plan -i inventories/example --offline
  $ weave-provision plan -i hosts.yml --json || echo "the hosts are not as the inventory says"

Reads the inventory, and with one task what the hosts are like; changes nothing. --offline connects to nothing.
Exit codes: 0 nothing to do; 2 changes; 1 error of any kind, so that cron can tell drift from failure.`

export function registerPlan(program: Command): void {
  const plan = program
    .command('plan')
    .description('show what up would do, host by host and line by line, and what follows from it; change nothing')
  addPlaybookOptions(plan)
    .option('--offline', 'connect to no host: show numbers, addresses and peers, and changes of the lock file')
    .option('--facts <file>', 'what the hosts say of themselves, as JSON; implies --offline')
    .option('--out <file>', "keep the plan for 'up FILE'; it holds digests, no text and no secret")
    .option('--no-diff', 'name the files that change, without the lines')
    .addOption(new Option('--detailed-exitcode', 'accepted for older scripts: it is the rule').hideHelp())
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: PlanArguments): Promise<void> {
  try {
    const isChanged =
      options.offline === true || options.facts !== undefined ? await planOffline(options) : await planHosts(options)
    process.exitCode = isChanged ? EXIT_CODE_CHANGES : EXIT_CODES.ok
  } catch (error) {
    // 2 says that there are changes: what is wrong with the input must not say the same.
    throw error instanceof UserError ? new UserError(error.problems, EXIT_CODES.failure) : error
  }
}

async function planHosts(options: PlanArguments): Promise<boolean> {
  return withHostAccess(options, { startsLab: false }, async access => {
    const review = await reviewHosts(access, options)
    if (options.json === true) printJson(reviewAsJson(review))
    else printReview(review, { showsDiff: options.diff })
    for (const notice of review.notices) printNotice(notice)
    if (options.json !== true) printFindings(review.findings)
    const errors = errorsOf(review)
    if (errors.length > 0) {
      const cause = `${listed([...new Set(errors.map(({ host }) => host))])} cannot be brought to the plan`
      throw new UserError({ cause, remedy: 'mend what is named above, or leave the host out with --limit' })
    }
    if (options.out !== undefined) {
      const facts = { release: releaseDigest(), limit: access.limit, at: new Date() }
      writePlanFile(options.out, planFileOf(review, facts))
      printNotice(
        `Kept in ${options.out}; 'weave-provision up -i ${options.inventory} ${options.out}' applies exactly this.`,
      )
    }
    const drained = drainedAtEnd(new History(access.sources.paths.folder).all())
    const left = leftDrained(review, drained)
    if (left.length > 0)
      printNotice(`An 'up' that was stopped has left ${listed(left)} drained; the next takes that back.`)
    return hasWork(review, drained)
  })
}

async function planOffline(options: PlanArguments): Promise<boolean> {
  if (options.out !== undefined) {
    const remedy = 'leave out --offline and --facts'
    throw new UserError({ cause: '--out needs a look at the hosts', remedy })
  }
  const { plan, lock } = await preparePlan({
    inventoryPath: options.inventory,
    factsPath: options.facts,
    vaultPasswordFile: options.vaultPasswordFile,
  })
  const changes = changesBetween(lock, plan.lock)
  if (options.json === true) printPlanAsJson(plan, changes)
  else printPlan(plan, changes)
  return changes.length > 0
}

function printPlanAsJson({ lock: _lock, ...plan }: Plan, changes: readonly LockChange[]): void {
  printJson({ ...plan, changes })
}

function printPlan(plan: Plan, changes: readonly LockChange[]): void {
  const colours = coloursFor(process.stdout)
  const header = ['HOST', 'NUMBER', 'BRIDGE ADDRESS', 'CONTAINERS', 'UNDERLAY', 'INIT', 'NETWORK', 'DOCKER', 'PEERS']
  const rows = plan.hosts.map(host => [
    host.name,
    String(host.index),
    host.bridgeAddress,
    host.containerRange,
    host.underlayAddresses.join(','),
    host.initSystem ?? 'auto',
    host.networkTool ?? 'auto',
    host.dockerMethod ?? 'auto',
    shorten(host.targets),
  ])
  printLine(`Cluster ${colours.bold(plan.clusterName)}, group ${plan.group}, overlay ${plan.subnet}, MTU ${plan.mtu}`)
  printLine()
  printLine(formatTable(header, rows))
  printLine()
  if (changes.length === 0) return printLine('Nothing changes in the lock file.')
  printLine('Changes against the lock file:')
  for (const { kind, text } of changes) printLine(`  ${colourOf(kind, colours)(SIGNS[kind])} ${text}`)
}

/** A row stays readable in a cluster of any size; --json has all of them. */
function shorten(targets: readonly string[]): string {
  const shown = targets.slice(0, SHOWN_TARGETS_MAX).join(' ')
  return targets.length > SHOWN_TARGETS_MAX ? `${shown} and ${targets.length - SHOWN_TARGETS_MAX} more` : shown
}

const SHOWN_TARGETS_MAX = 4

function colourOf(kind: LockChange['kind'], colours: ReturnType<typeof coloursFor>) {
  if (kind === 'add') return colours.green
  return kind === 'remove' ? colours.red : colours.yellow
}
