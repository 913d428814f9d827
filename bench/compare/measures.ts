import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentLab } from '../../test/system/agent/agent-lab.ts'
import type { Contestant, Route } from './candidate.ts'
import { cpuSeconds, pidsOf } from './daemons.ts'
import type { Extent } from './extent.ts'
import { iperf } from './iperf.ts'

/** The same for all: the machine's own choice may be another one, and a namespace may not allow each. */
export const CONGESTION_CONTROL = 'cubic'

/** Pings beside streams begin when those are up to speed. */
const WARM_UP_MS = 800
const LOADED_INTERVAL_SECONDS = 0.02
export interface StreamFigures {
  /** Received, in Mbit/s. */
  readonly rate: number
  /** Of all daemons on the way, for each GB received; undefined when the kernel does it. */
  readonly cpuPerGigabyte: number | undefined
}

/** One TCP stream. */
export async function measureStream(
  { lab, daemons }: Contestant,
  route: Route,
  streamSeconds: number,
): Promise<StreamFigures> {
  const before = cpuSeconds(pidsOf(daemons))
  const rate = await tcpRate(lab, route, { streams: 1, streamSeconds })
  const used = cpuSeconds(pidsOf(daemons)) - before
  const gigabytes = (rate * 1e6 * streamSeconds) / 8 / 1e9
  return { rate, cpuPerGigabyte: daemons.size === 0 ? undefined : used / gigabytes }
}

export interface LoadedFigures {
  /** Four TCP streams together, in Mbit/s. */
  readonly rate: number
  /** Median of pings beside them, in ms. */
  readonly roundTrip: number
}

export async function measureLoaded({ lab }: Contestant, route: Route, streamSeconds: number): Promise<LoadedFigures> {
  const rate = tcpRate(lab, route, { streams: 4, streamSeconds })
  await sleep(WARM_UP_MS)
  const count = Math.floor((0.9 * (streamSeconds - WARM_UP_MS / 1000)) / LOADED_INTERVAL_SECONDS)
  const roundTrip = median(await roundTrips(lab, route, { count, interval: LOADED_INTERVAL_SECONDS }))
  return { rate: await rate, roundTrip }
}

/** In ms, of pings on an overlay that carries nothing else. */
export async function measureRoundTrip(
  { lab }: Contestant,
  route: Route,
  { pings }: Extent,
): Promise<{ p50: number; p99: number }> {
  const times = await roundTrips(lab, route, { count: pings, interval: 0.005 })
  return { p50: median(times), p99: quantile(times, 0.99) }
}

async function tcpRate(
  lab: AgentLab,
  route: Route,
  { streams, streamSeconds }: { streams: number; streamSeconds: number },
): Promise<number> {
  const wishes = ['-C', CONGESTION_CONTROL, '-P', String(streams), '-t', String(streamSeconds)]
  const { sum_received: received } = await iperf(lab, route, wishes)
  return Number(received?.bits_per_second) / 1e6
}

async function roundTrips(
  lab: AgentLab,
  { from, address }: Route,
  { count, interval }: { count: number; interval: number },
): Promise<readonly number[]> {
  const { stdout } = await lab.on(from, 'ping', '-c', String(count), '-i', String(interval), address)
  const times = [...stdout.matchAll(/time=([\d.]+) ms/g)].map(match => Number(match[1]))
  if (times.length < count / 2) throw new Error(`${times.length} of ${count} pings to ${address} were answered`)
  return times
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
