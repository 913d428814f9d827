import type { Command } from 'commander'
import { EXIT_CODES } from '../../base/user-error.ts'
import { type Answers, askHosts } from '../../provision/apply/ask-hosts.ts'
import { diagnoseCluster } from '../../provision/examine/diagnose-cluster.ts'
import { type Disorder, REPAIRS } from '../../provision/examine/disorder.ts'
import { withClusterLock } from '../../provision/operate/cluster-lock.ts'
import { currentOperator } from '../../provision/operate/operator.ts'
import { coloursFor, printJson, printLine, printNotice } from '../output.ts'
import { type ClusterLook, lookAtCluster } from './cluster-look.ts'
import { type HostAccess, withHostAccess } from './host-access.ts'
import { lockPlace } from './lock.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { counted } from './review-view.ts'

interface DoctorArguments extends PlaybookArguments {
  readonly fix?: true
}

const EXAMPLES = `
Examples:
  $ weave-provision doctor -i hosts.yml
  $ weave-provision doctor -i hosts.yml --limit web3 --json
  $ weave-provision doctor -i hosts.yml --fix

Looks at bridge, router, membership, Docker, firewall, clock, and at the network between the hosts, and names for each thing that is
wrong its cause and the command that mends it. --fix does what hurts nobody: brings up bridge, router and Docker where they are down,
gives the bridge its address and its MTU, closes readable secrets. It restarts nothing that runs, and touches no firewall.
Exit codes: 0 nothing is wrong, or warnings only; 1 something is; 2 bad input.`

export function registerDoctor(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('find what is wrong on and between the hosts, and say how to mend it')
  addPlaybookOptions(doctor)
    .option('--fix', 'mend what can be mended without hurting anybody')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: DoctorArguments): Promise<void> {
  await withHostAccess(options, { startsLab: false }, async access => {
    const first = await look(access)
    const repairs = options.fix === true ? await mend(access, first) : []
    const { disorders, cluster } = repairs.length > 0 ? await look(access) : first
    const errors = disorders.filter(({ severity }) => severity === 'error')
    process.exitCode = errors.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failure
    if (options.json === true)
      return printJson({ isWell: errors.length === 0, hosts: cluster.hosts, repairs, findings: disorders })
    for (const { host, deeds } of repairs) printLine(`mended on ${host}: ${deeds.join(', ')}`)
    printDisorders(disorders)
    const warnings = disorders.length - errors.length
    const asked = counted(cluster.hosts.length, 'host')
    printLine(`${asked} examined: ${counted(errors.length, 'error')}, ${counted(warnings, 'warning')}.`)
    const mendable = disorders.filter(({ repair }) => repair !== undefined).length
    if (mendable > 0 && options.fix !== true) printLine(`--fix would mend ${mendable} of them.`)
  })
}

interface Look {
  readonly cluster: ClusterLook
  readonly disorders: readonly Disorder[]
}

async function look(access: HostAccess): Promise<Look> {
  const cluster = await lookAtCluster(access, 'whole')
  return { cluster, disorders: diagnoseCluster(cluster.facts) }
}

interface Repaired {
  readonly host: string
  readonly deeds: readonly string[]
}

async function mend(access: HostAccess, { cluster, disorders }: Look): Promise<readonly Repaired[]> {
  const { plan } = cluster.facts
  const wanted = plan.hosts.flatMap(({ name, bridgeAddress }) => {
    const own = disorders.flatMap(({ host, repair }) => (host === name && repair !== undefined ? [repair] : []))
    const deeds = REPAIRS.filter(repair => own.includes(repair))
    return deeds.length === 0 ? [] : [{ host: name, address: bridgeAddress, deeds }]
  })
  if (wanted.length === 0) return []
  const operator = currentOperator('doctor --fix')
  const mended = await withClusterLock(lockPlace(access), operator, {
    work: () =>
      askHosts(access.reach, {
        playbook: 'mend',
        group: plan.group,
        hosts: wanted.map(({ host }) => host),
        variables: { weave_mend: Object.fromEntries(wanted.map(({ host, ...what }) => [host, what])) },
      }),
    entriesOf: mended =>
      Object.fromEntries(
        wanted.map(({ host, deeds }) => [
          host,
          { ...operator, host, outcome: outcomeOf(host, mended), actions: deeds },
        ]),
      ),
  })
  for (const [host, [problem]] of mended.problems) printNotice(`not mended on ${host}: ${problem?.cause}`)
  return wanted.filter(({ host }) => mended.answers.has(host)).map(({ host, deeds }) => ({ host, deeds }))
}

function outcomeOf(host: string, mended: Answers | undefined): string {
  if (mended === undefined) return 'begun'
  return mended.answers.has(host) ? 'changed' : 'failed'
}

export function printDisorders(disorders: readonly Disorder[]): void {
  const colours = coloursFor(process.stdout)
  for (const { host, severity, cause, remedy } of disorders) {
    const label = severity === 'error' ? colours.red('error:') : colours.yellow('warning:')
    printLine(`${label} ${host === '' ? '' : `${host}: `}${cause}`)
    printLine(`${colours.cyan('remedy:')} ${remedy}`)
  }
}
