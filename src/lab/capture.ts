import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { UserError } from '../base/user-error.ts'
import type { LabHost } from './description.ts'
import { switchPrefix } from './faults.ts'
import { type LabInstance, portName } from './instance.ts'

/** A running capture: one process per wire of the host. */
export interface Capture {
  /** Files in pcap form, one per wire; none when the packets are shown. */
  readonly files: readonly string[]
  /** When all of it has ended by itself. */
  readonly ended: Promise<void>
  /** Resolves when everything captured is in the files. */
  stop(): Promise<void>
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
    for (const { child } of children) child.kill('SIGINT')
    await ended
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

function listen([command = '', ...rest]: readonly string[]): { child: ChildProcess; isListening: Promise<void> } {
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
  return { child, isListening }
}

function captureFailed(said: string): UserError {
  return new UserError({
    cause: `tcpdump ends at once: ${said.trim()}`,
    remedy: 'see that the lab is up (weave-provision lab status) and the file can be written',
  })
}
