import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'
import { eventually } from '../eventually.ts'
import { type AgentLab, closeOf, endOf } from './agent-lab.ts'
import { CHECK_SEGMENTS } from './capture-script.ts'

const PROGRAM = join(PROJECT_ROOT, 'test', 'system', 'agent', 'transfer-program.mjs')
/** Of a container, by default. */
const MTU = 1376

/**
 * Sends bytes by TCP and UDP in pieces of every size from a container of host `from` to that of host `to`, by IPv4 and by IPv6, and has
 * them compared. Gives what is wrong, when something is.
 */
export async function troubleTransferring(lab: AgentLab, { from, to }: { from: string; to: string }): Promise<string> {
  const { shortId } = lab.cluster.host(to)
  let trouble = ''
  for (const address of [`10.2.${shortId}.1`, `fd02::${shortId}`])
    trouble += await troubleAt(lab, { from, to, address })
  return trouble
}

/** By one family. */
export async function troubleAt(lab: AgentLab, ends: { from: string; to: string; address: string }): Promise<string> {
  const { from, to, address } = ends
  const name = `serve ${address} ${performance.now()}`
  const server = lab.spawn(`c${to}`, [process.execPath, PROGRAM, 'serve', address], { name })
  await eventually(10_000, async () => lab.log(name).includes('listening') || `not listening: ${lab.log(name)}`)
  const { stdout, stderr } = await lab.on(`c${from}`, process.execPath, PROGRAM, 'send', address)
  server.kill()
  await endOf(server)
  return stdout === 'tcp equal\ndone\n' && stderr === '' ? '' : `${address}: ${stdout}${stderr}`
}

export interface Segments {
  readonly right: number
  readonly wrong: number
  readonly long: number
}

/** Looks at what comes in at the container, whose devices compute nothing, until it is asked what it has seen. */
export async function lookAtSegments(lab: AgentLab, host: string): Promise<() => Promise<Segments>> {
  const name = `look ${performance.now()}`
  const capture = lab.spawn(`c${host}`, ['python3', '-c', CHECK_SEGMENTS, String(MTU)], { name })
  await eventually(10_000, async () => lab.log(name).includes('listening') || `not listening: ${lab.log(name)}`)
  return async () => {
    capture.kill()
    await closeOf(capture)
    return JSON.parse(lab.log(name).trim().split('\n').pop() ?? '')
  }
}

/** On both ends of the container's cable. */
export async function switchOffload(lab: AgentLab, host: string, state: 'on' | 'off'): Promise<void> {
  for (const [where, device] of [
    [host, `ve${host}`],
    [`c${host}`, 'eth0'],
  ] as const) {
    const { exitCode, stderr } = await lab.on(
      where,
      'python3',
      '-c',
      SWITCH_OFFLOAD,
      device,
      state === 'on' ? '1' : '0',
    )
    if (exitCode !== 0) throw new Error(stderr)
  }
}

/** ETHTOOL_SRXCSUM, _STXCSUM, _SSG, _STSO, _SGSO, _SGRO of SIOCETHTOOL: what `ethtool -K` does, and it may be missing. Arguments: device, 1 or 0. */
const SWITCH_OFFLOAD = `import ctypes, fcntl, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for command in (0x15, 0x17, 0x19, 0x1f, 0x24, 0x2c):
    value = ctypes.create_string_buffer(struct.pack('II', command, int(sys.argv[2])))
    try: fcntl.ioctl(s, 0x8946, struct.pack('16sQ16x', sys.argv[1].encode(), ctypes.addressof(value)))
    except OSError as error:
        if error.errno != 95: raise`
