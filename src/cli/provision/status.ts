import { type Command, InvalidArgumentError } from 'commander'
import { EXIT_CODES } from '../../base/user-error.ts'
import { Interrupted } from '../../provision/apply/ask-hosts.ts'
import { isInterruptedWithin } from '../../provision/apply/interrupts.ts'
import { type ClusterStatus, clusterStatus, type HostStatus } from '../../provision/examine/cluster-status.ts'
import { coloursFor, formatTable, printJson, printLine } from '../output.ts'
import { lookAtCluster } from './cluster-look.ts'
import { type HostAccess, withHostAccess } from './host-access.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { counted, listed } from './review-view.ts'

interface StatusArguments extends PlaybookArguments {
  readonly wait?: number | true
  readonly watch?: true
}

const EXAMPLES = `
Examples:
  $ weave-provision status -i hosts.yml
  $ weave-provision status -i hosts.yml --wait 120
  $ weave-provision status -i hosts.yml --watch
  $ weave-provision status -i hosts.yml --json

Asks every host once, and changes nothing. What an apply has left half done is named.
Exit codes: 0 all is well; 1 it is not, or not in time; 2 bad input; 130 interrupted.`

const WAIT_SECONDS = 60
const TURN_MS = 2_000

export function registerStatus(program: Command): void {
  const status = program.command('status').description('how the overlay does on all hosts, and what is left half done')
  addPlaybookOptions(status)
    .option('--wait [seconds]', `until all is well, ${WAIT_SECONDS} s at most`, parseSeconds)
    .option('--watch', 'show it again and again, until Ctrl-C')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: StatusArguments): Promise<void> {
  await withHostAccess(options, { startsLab: false }, async access => {
    const seconds = options.wait === undefined ? 0 : options.wait === true ? WAIT_SECONDS : options.wait
    const end = performance.now() + seconds * 1000
    for (;;) {
      const status = await read(access)
      const isLast = options.watch !== true && (status.isWell || performance.now() >= end)
      if (isLast || options.watch === true) show(status, options)
      process.exitCode = status.isWell ? EXIT_CODES.ok : EXIT_CODES.failure
      if (isLast) return
      if (await isInterruptedWithin(TURN_MS)) throw new Interrupted()
    }
  })
}

async function read(access: HostAccess): Promise<ClusterStatus> {
  const { hosts, facts } = await lookAtCluster(access, 'status')
  const whole = clusterStatus(facts)
  if (hosts.length === whole.hosts.length) return whole
  const shown = whole.hosts.filter(({ name }) => hosts.includes(name))
  const isWell = shown.every(({ state, pending }) => state === 'well' && pending.length === 0)
  return { ...whole, isWell, hosts: shown }
}

function show(status: ClusterStatus, options: StatusArguments): void {
  if (options.json === true && options.watch === true) return printLine(JSON.stringify(status))
  if (options.json === true) return printJson(status)
  if (options.watch === true && process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H')
  printStatus(status)
}

export function printStatus(status: ClusterStatus): void {
  const colours = coloursFor(process.stdout)
  const { clusterName, subnet, manifestVersion, hosts, unfinishedApply } = status
  printLine(`Cluster ${clusterName}, overlay ${subnet}, manifest ${manifestVersion}, ${counted(hosts.length, 'host')}`)
  printLine()
  const header = [
    'HOST',
    'NUMBER',
    'BRIDGE',
    'CONTAINERS',
    'STATE',
    'VERSION',
    'MANIFEST',
    'REACHES',
    'PATHS',
    'LEFT UNDONE',
  ]
  printLine(formatTable(header, hosts.map(rowOf)))
  printLine()
  for (const { name, unreached } of hosts) {
    if (unreached.length > 0) printLine(`${name} does not reach ${listed(unreached)}`)
  }
  for (const { name, reason } of hosts) if (reason !== null) printLine(`${name} cannot be asked: ${reason}`)
  if (status.isLocked) printLine("An operator is at work: 'weave-provision lock status'")
  if (unfinishedApply !== null) {
    const { number, outcome } = unfinishedApply
    printLine(`Apply ${number} did not come to its end (${outcome}): 'weave-provision up --resume' goes on`)
  }
  const verdict = status.isWell
    ? colours.green('All is well.')
    : colours.red("Not well: 'weave-provision doctor' says why.")
  printLine(verdict)
}

function rowOf(host: HostStatus): readonly string[] {
  const { direct, relayed, overTcp } = host.paths
  const parts = [
    [direct, 'direct'],
    [relayed, 'relayed'],
    [overTcp, 'over TCP'],
  ] as const
  const isAsked = host.version !== null
  return [
    host.name,
    String(host.number),
    host.bridgeAddress,
    host.containerRange,
    host.state,
    host.version === null ? '-' : `${host.version} ${host.release?.slice(0, 8) ?? ''}`,
    host.manifestVersion === null ? '-' : String(host.manifestVersion),
    isAsked ? `${host.reached} of ${host.reached + host.unreached.length}` : '-',
    isAsked
      ? parts
          .filter(([count]) => count > 0)
          .map(([count, word]) => `${count} ${word}`)
          .join(', ') || '-'
      : '-',
    host.pending.join(', ') || '-',
  ]
}

function parseSeconds(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Give a number of seconds from 1 to 99999.')
  return Number(text)
}
