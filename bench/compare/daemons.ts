import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import type { AgentLab } from '../../test/system/agent/agent-lab.ts'

/** By the names of their logs; none when the kernel does it all. */
export type Daemons = ReadonlyMap<string, ChildProcess>

export const NO_DAEMONS: Daemons = new Map()

/** Starts a daemon on each host; all are ended with the lab. */
export function spawnDaemons<Host extends string>(
  lab: AgentLab,
  program: string,
  hosts: readonly Host[],
  argvOf: (host: Host, i: number) => readonly string[],
): Daemons {
  return new Map(
    hosts.map((host, i) => {
      const name = `${program} ${host}`
      return [name, lab.spawn(host, argvOf(host, i), { name })]
    }),
  )
}

export function pidsOf(daemons: Daemons): readonly number[] {
  return [...daemons.values()].map(({ pid }) => pid ?? 0)
}

/** Says how the first of those that run no more has ended; undefined as long as all run. */
export function describeEnd(daemons: Daemons, logOf: (name: string) => string): string | undefined {
  for (const [name, { exitCode, signalCode }] of daemons) {
    if (exitCode === null && signalCode === null) continue
    const words = logOf(name).trim().split('\n').at(-1)
    const how = signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`
    return `${name} has ended ${how}${words ? `: ${words}` : ''}`
  }
  return undefined
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
  return megabytesOf(pid, 'VmRSS')
}

/** Begins anew what `peakMegabytes` tells (`proc_pid_clear_refs(5)`). */
export function resetPeaks(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** The most resident memory, in MB, that the one that took most has had since the peaks were reset. */
export function peakMegabytes(pids: readonly number[]): number {
  return Math.max(...pids.map(pid => megabytesOf(pid, 'VmHWM')))
}

function megabytesOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]
  return (Number(kilobytes) * 1024) / 1e6
}
