import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { ensurePrerequisites, type Lab } from '../../lab/index.ts'
import { printJson, printLine, printNotice } from '../output.ts'
import { projectRoot } from '../project-root.ts'
import { labOfInventory } from './lab-of-inventory.ts'
import { formatLabStatus, progressPrinter } from './lab-view.ts'

interface LabArguments {
  readonly inventory: string
}

/** `weave-provision lab …`: hosts made of namespaces on this machine, to try everything on. */
export function registerLab(program: Command): void {
  const lab = program
    .command('lab')
    .description('make, break and look into the hosts of a lab inventory, on this machine')
    .addHelpText('after', EXAMPLES)
  subcommand(lab, 'up', 'start what does not run; builds the base image once').action(up)
  subcommand(lab, 'down', 'power all hosts off and remove them')
    .option('--wipe', 'remove their disks and keys too')
    .action(down)
  subcommand(lab, 'status', 'show hosts, addresses and cuts').option('--json', 'as JSON').action(status)
  subcommand(lab, 'shell', 'log in to a host over SSH').argument('<host>').action(shell)
  subcommand(lab, 'exec', 'run a command in a host as root, past its network; its exit code is the exit code')
    .argument('<host>')
    .argument('<command...>', 'after --')
    .action(exec)
  subcommand(lab, 'cut', 'let no frame pass between two hosts, or between a host and a network')
    .argument('<a>', 'host, or control')
    .argument('<b>', 'host, control, or network')
    .action((a: string, b: string, options: LabArguments) => fault(options, lab => lab.cut(a, b)))
  subcommand(lab, 'heal', 'undo a cut')
    .argument('<a>', 'host, or control')
    .argument('<b>', 'host, control, or network')
    .action((a: string, b: string, options: LabArguments) => fault(options, lab => lab.heal(a, b)))
  subcommand(lab, 'capture', 'show or record what passes over the wires of a host')
    .argument('<host>')
    .option('-w, --write <file>', 'record in pcap form; with several wires one file each, named with the network')
    .option('--network <name>', 'only the wire in this network')
    .option('--seconds <n>', 'end after so many seconds (without it: Ctrl-C)', parseSeconds)
    .action(capture)
}

const EXAMPLES = `
Examples:
  $ weave-provision lab up
  $ weave-provision lab exec alpha -- ip address
  $ weave-provision lab cut alpha relay && weave-provision lab status
  $ weave-provision lab capture delta -w delta.pcap --seconds 10

Each subcommand takes -i INVENTORY; without it, it is the lab that comes with the program.`

function subcommand(lab: Command, name: string, description: string): Command {
  const embedded = join(projectRoot(), 'inventories/lab')
  return lab
    .command(name)
    .description(description)
    .option('-i, --inventory <path>', 'inventory that describes the lab', embedded)
}

async function up(options: LabArguments): Promise<void> {
  const started = performance.now()
  const printer = progressPrinter()
  await ensurePrerequisites(printer.onProgress)
  const lab = await labOfInventory(options.inventory)
  await lab.up(printer)
  printer.end()
  const { hosts } = await lab.status()
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  printLine(`lab ${lab.id} is up: ${hosts.length} hosts, ${seconds} s`)
}

async function down(options: LabArguments & { readonly wipe?: true }): Promise<void> {
  const printer = progressPrinter()
  const lab = await labOfInventory(options.inventory)
  await lab.down({ wipe: options.wipe === true, onProgress: printer.onProgress })
  printer.end()
  printLine(`lab ${lab.id} is down`)
}

async function status(options: LabArguments & { readonly json?: true }): Promise<void> {
  const status = await (await labOfInventory(options.inventory)).status()
  if (options.json === true) printJson(status)
  else printLine(formatLabStatus(status))
}

async function shell(host: string, options: LabArguments): Promise<void> {
  const lab = await labOfInventory(options.inventory)
  process.exitCode = await attached(lab.shellCommand(host))
}

async function exec(host: string, command: readonly string[], options: LabArguments): Promise<void> {
  const lab = await labOfInventory(options.inventory)
  process.exitCode = await attached(await lab.execCommand(host, command))
}

async function fault(options: LabArguments, work: (lab: Lab) => Promise<void>): Promise<void> {
  await work(await labOfInventory(options.inventory))
}

async function capture(
  host: string,
  options: LabArguments & { readonly write?: string; readonly network?: string; readonly seconds?: number },
): Promise<void> {
  const lab = await labOfInventory(options.inventory)
  const { write, network, seconds } = options
  const running = await lab.capture(host, {
    ...(write === undefined ? {} : { file: isAbsolute(write) ? write : resolve(write) }),
    ...(network === undefined ? {} : { network }),
  })
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  const limit = seconds === undefined ? running.ended : delay(seconds * 1000, undefined, interrupted)
  await Promise.race([limit.catch(() => undefined), running.ended])
  const { packets, dropped } = await running.stop()
  for (const file of running.files) printNotice(`written: ${file}`)
  printNotice(`${packets} packets${dropped === 0 ? '' : `, and ${dropped} that came too fast to be captured`}`)
}

/** Runs a command on this terminal; ends as a shell would say that it ended. */
async function attached([command = '', ...rest]: readonly string[]): Promise<number> {
  const child = spawn(command, rest, { stdio: 'inherit' })
  // The terminal gives Ctrl-C to the command as well, and what it makes of it decides.
  const ignore = () => undefined
  process.on('SIGINT', ignore)
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  process.off('SIGINT', ignore)
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

function parseSeconds(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('Give a number of seconds greater than 0.')
  return value
}
