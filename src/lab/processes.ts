import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { unlessMissing } from './missing.ts'

/** glibc's number of the signal that tells systemd to power off; to busybox init it is SIGUSR2. */
export const POWER_OFF_SIGNALS = { systemd: 38, sysvinit: 12 } as const

/** The process that is PID 1 of the host: one PID namespace below ours. */
export async function findInit(processes: readonly number[]): Promise<number | undefined> {
  const ownDepth = (await namespacePids('self')).length
  for (const pid of processes) {
    const pids = await namespacePids(String(pid))
    if (pids.length === ownDepth + 1 && pids.at(-1) === 1) return pid
  }
  return undefined
}

/** Sockets are found in /proc: asking sshd itself would take a process for each look. */
export async function isListening(pid: number, port: number): Promise<boolean> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map(name => unlessMissing(readFile(`/proc/${pid}/net/${name}`, 'utf8'))),
  )
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return tables.some(table => (table ?? '').split('\n').some(line => isListeningLine(line, suffix)))
}

export function sendSignal(pid: number, signal: number | NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Looks again and again until something is there; `undefined` when the time is over. */
export async function waitFor<T>(look: () => Promise<T | undefined>, limitMs: number): Promise<T | undefined> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const found = await look()
    if (found !== undefined || Date.now() > deadline) return found
    await delay(50)
  }
}

/** Kills until none is left: what forks while it is killed is met in the next round. */
export async function killAll(list: () => Promise<readonly number[]>): Promise<void> {
  const isEmpty = await waitFor(async () => {
    const processes = await list()
    for (const pid of processes) sendSignal(pid, 'SIGKILL')
    return processes.length === 0 ? true : undefined
  }, 10_000)
  if (isEmpty !== true) throw new Error(`processes that do not die: ${(await list()).join(' ')}`)
}

async function namespacePids(pid: string): Promise<readonly number[]> {
  const status = (await unlessMissing(readFile(`/proc/${pid}/status`, 'utf8'))) ?? ''
  const [, list = ''] = /^NSpid:\s*(.*)$/m.exec(status) ?? []
  return list.split(/\s+/).filter(Boolean).map(Number)
}

/** Columns: number, local address, remote address, state; 0A is LISTEN. */
function isListeningLine(line: string, suffix: string): boolean {
  const [, local = '', , state] = line.trim().split(/\s+/)
  return state === '0A' && local.endsWith(suffix)
}
