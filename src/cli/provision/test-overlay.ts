import { type Command, InvalidArgumentError } from 'commander'
import { EXIT_CODES } from '../../base/user-error.ts'
import { diagnoseCluster } from '../../provision/examine/diagnose-cluster.ts'
import { matrixOf, type Way } from '../../provision/examine/matrix.ts'
import { measureHosts } from '../../provision/examine/measure-hosts.ts'
import { coloursFor, formatTable, printJson, printLine } from '../output.ts'
import { lookAtCluster } from './cluster-look.ts'
import { withHostAccess } from './host-access.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { counted } from './review-view.ts'

interface TestArguments extends PlaybookArguments {
  readonly seconds: number
}

const EXAMPLES = `
Examples:
  $ weave-provision test -i hosts.yml
  $ weave-provision test -i hosts.yml --limit web1,web2 --seconds 2
  $ weave-provision test -i hosts.yml --seconds 0 --json

Pings from every host's bridge to every other's, and from a container of each host to one of each other, where one runs; finds how large
a packet gets through, and sends over TCP for the given time. All hosts measure at once: with many, the throughputs add up on shared
wires. Containers need nothing installed. Changes nothing.
A pair works when pings come back, two of ten at most are lost, and packets of weave_mtu bytes get through.
Exit codes: 0 every pair works both ways; 1 some pair does not; 2 bad input.`

const SECONDS = 0.2
const SECONDS_MAX = 60

export function registerTest(program: Command): void {
  const test = program
    .command('test')
    .description('measure host by host and container by container: path, MTU, loss, throughput; say why a pair fails')
  addPlaybookOptions(test)
    .option('--seconds <number>', 'how long to measure each throughput; 0 leaves it out', parseSeconds, SECONDS)
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: TestArguments): Promise<void> {
  await withHostAccess(options, { startsLab: false }, async access => {
    const { hosts, facts } = await lookAtCluster(access, 'whole')
    const fit = hosts.filter(host => facts.examinations.get(host)?.isInstalled === true)
    const { group } = facts.plan
    const none = { measured: new Map(), troubles: new Map(), containers: [] }
    const measurements =
      fit.length < 2 ? none : await measureHosts(access.reach, { group, hosts: fit, seconds: options.seconds })
    const ways = matrixOf({ facts, disorders: diagnoseCluster(facts), hosts, ...measurements })
    const broken = ways.filter(({ works }) => !works)
    process.exitCode = broken.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failure
    if (options.json === true) return printJson({ isWell: broken.length === 0, hosts, ways })
    show(ways, broken)
  })
}

function show(ways: readonly Way[], broken: readonly Way[]): void {
  const colours = coloursFor(process.stdout)
  const header = ['FROM', 'TO', 'BETWEEN', 'PATH', 'LOSS', 'ROUND TRIP', 'MTU', 'THROUGHPUT']
  printLine(formatTable(header, ways.map(rowOf)))
  printLine()
  for (const { kind, from, to, reason } of broken) {
    printLine(`${colours.red('fails:')} ${kind} ${from} to ${kind} ${to}: ${reason}`)
  }
  const works = ways.length - broken.length
  printLine(`${works} of ${counted(ways.length, 'way')} ${ways.length === 1 ? 'works' : 'work'}.`)
}

function rowOf({ kind, from, to, path, lossPercent, roundTripMs, mtu, megabits }: Way): readonly string[] {
  const told = (value: number | null, unit: string) => (value === null ? '-' : `${value}${unit}`)
  return [
    from,
    to,
    `${kind}s`,
    path,
    told(lossPercent, ' %'),
    told(roundTripMs, ' ms'),
    told(mtu, ''),
    told(megabits, ' Mbit/s'),
  ]
}

function parseSeconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= SECONDS_MAX))
    throw new InvalidArgumentError(`Give a number from 0 to ${SECONDS_MAX}.`)
  return value
}
