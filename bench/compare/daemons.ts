import { readFileSync } from 'node:fs'
import type { AgentLab } from '../../test/system/agent/agent-lab.ts'

/** Starts a daemon on each host; all are ended with the lab. */
export function spawnDaemons<Host extends string>(
  lab: AgentLab,
  program: string,
  hosts: readonly Host[],
  argvOf: (host: Host, i: number) => readonly string[],
): ReadonlyMap<string, number> {
  return new Map(
    hosts.map((host, i) => [host, lab.spawn(host, argvOf(host, i), { name: `${program} ${host}` }).pid ?? 0]),
  )
}

const TICKS_PER_SECOND = 100

/** Processor time that the processes have used so far, all their threads. */
export function cpuSeconds(pids: Iterable<number>): number {
  let ticks = 0
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / TICKS_PER_SECOND
}

/** Resident memory, in MB. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kilobytes) * 1024) / 1e6
}
