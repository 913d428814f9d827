import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { UserError } from '../base/user-error.ts'
import type { LabHost } from './description.ts'
import { switchPrefix } from './faults.ts'
import { type LabInstance, portName } from './instance.ts'

/** tcpdump's one second, and some. */
const BLOCK_TIMEOUT_MS = 1100

/** A running capture: one process per wire of the host. */
export interface Capture {
  /** Files in pcap form, one per wire; none when the packets are shown. */
  readonly files: readonly string[]
  /** When all of it has ended by itself. */
  readonly ended: Promise<void>
  /** Resolves when all that has passed is in the files. */
  stop(): Promise<CaptureReport>
}

export interface CaptureReport {
  readonly packets: number
  /** Lost because they came faster than they could be written: then the files do not show all that has passed. */
  readonly dropped: number
}

export interface CaptureOptions {
  /** Only the wire in this network; all wires when not given. */
  readonly network?: string
  /** Written in pcap form; with several wires each gets a file of its own, named with its network. */
  readonly file?: string
}

/** Resolves when the wires are listened to: what is sent from then on is captured. */
export async function startCapture(instance: LabInstance, host: LabHost, options: CaptureOptions): Promise<Capture> {
  const networks = host.interfaces.map(({ network }) => network)
  const wanted = options.network === undefined ? networks : networks.filter(network => network === options.network)
  if (wanted.length === 0) {
    throw new UserError({
      cause: `'${host.name}' has no interface in network '${options.network}'`,
      remedy: `its networks are: ${networks.join(', ')}`,
    })
  }
  const fileOf = (network: string) =>
    options.file === undefined || wanted.length === 1 ? options.file : withNetwork(options.file, network)
  const commands = wanted.map(network => captureCommand(instance, { host: host.name, network, file: fileOf(network) }))
  const children = commands.map(listen)
  const ended = Promise.all(children.map(({ child }) => once(child, 'exit'))).then(() => undefined)
  const stop = async () => {
    // The kernel hands packets over in blocks, after this long at the latest; a signal throws the last block away.
    if (children.some(({ child }) => child.exitCode === null)) await delay(BLOCK_TIMEOUT_MS)
    for (const { child } of children) child.kill('SIGINT')
    await ended
    return parseReport(children.map(({ said }) => said()).join(''))
  }
  try {
    await Promise.all(children.map(({ isListening }) => isListening))
  } catch (error) {
    await stop()
    throw error
  }
  return { files: wanted.map(fileOf).filter(file => file !== undefined), ended, stop }
}

/** On the switch, so it is seen whatever state the host is in, and the host does not see the capture. */
export function captureCommand(
  instance: LabInstance,
  wire: { readonly host: string; readonly network: string; readonly file: string | undefined },
): readonly string[] {
  const target = wire.file === undefined ? ['-l'] : ['-w', wire.file, '-U']
  const port = portName(wire.host, wire.network)
  return [...switchPrefix(instance), 'tcpdump', '-Z', 'root', '-n', '-B', '16384', '-s', '0', '-i', port, ...target]
}

export function withNetwork(file: string, network: string): string {
  const extension = extname(file)
  return `${file.slice(0, file.length - extension.length)}-${network}${extension}`
}

/** Reads what each tcpdump says at its end. */
export function parseReport(said: string): CaptureReport {
  const sumOf = (pattern: RegExp) => [...said.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0)
  return { packets: sumOf(/^(\d+) packets? captured/gm), dropped: sumOf(/^(\d+) packets? dropped by kernel/gm) }
}

interface Listener {
  readonly child: ChildProcess
  readonly isListening: Promise<void>
  said(): string
}

function listen([command = '', ...rest]: readonly string[]): Listener {
  const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'pipe'] })
  let said = ''
  const isListening = new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('listening on')) resolve()
    })
    child.once('error', reject)
    child.once('exit', () => reject(captureFailed(said)))
  })
  return { child, isListening, said: () => said }
}

function captureFailed(said: string): UserError {
  return new UserError({
    cause: `tcpdump ends at once: ${said.trim()}`,
    remedy: 'see that the lab is up (weave-provision lab status) and the file can be written',
  })
}
