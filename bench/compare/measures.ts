import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentLab, endOf, eventually } from '../../test/system/agent/agent-lab.ts'
import type { Contestant, Route } from './candidate.ts'
import { cpuSeconds, pidsOf } from './daemons.ts'
import type { Extent } from './extent.ts'

/** The same for all: the machine's own choice may be another one, and a namespace may not allow each. */
export const CONGESTION_CONTROL = 'cubic'

/** Pings beside streams begin when those are up to speed. */
const WARM_UP_MS = 800
const LOADED_INTERVAL_SECONDS = 0.02
/** A frame of 64 bytes: Ethernet, IPv4 and UDP headers take 42. */
const SMALL_PAYLOAD = 22
const SMALL_BUFFER_BYTES_MAX = 4 * 1024 * 1024
const IPERF_SECONDS_MAX = 20
const LOSS_MAX = 0.01
/** Thousands a second. */
const SMALL_STEPS = [20, 30, 40, 50, 60, 70, 80, 90, 100, 120, 140, 160, 200] as const

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
  { streamSeconds }: Extent,
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

export async function measureLoaded(
  { lab }: Contestant,
  route: Route,
  { streamSeconds }: Extent,
): Promise<LoadedFigures> {
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

/**
 * Of iperf3's sockets for small packets: as large as the system lets a program have. By default they hold some two milliseconds' worth;
 * what iperf3 loses of it while it waits for a core, no candidate has lost.
 */
export function smallBufferBytes(): number {
  const limits = ['rmem_max', 'wmem_max'].map(name => Number(readFileSync(`/proc/sys/net/core/${name}`, 'utf8')))
  return Math.min(SMALL_BUFFER_BYTES_MAX, ...limits)
}

/**
 * The highest rate received, in thousands a second, at which no more than 1 % is lost. Looked for as in a sorted list: what is lost
 * at one rate is lost at all above.
 */
export async function measureSmall({ lab }: Contestant, route: Route, { smallSeconds }: Extent): Promise<number> {
  let best = 0
  let low = 0
  let high: number = SMALL_STEPS.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const wish = { rate: (SMALL_STEPS[middle] ?? 0) * 1000, seconds: smallSeconds }
    const { received, lost } = await smallPackets(lab, route, wish)
    if (lost <= LOSS_MAX) {
      best = Math.max(best, received / 1000)
      low = middle + 1
    } else high = middle
  }
  return best
}

async function smallPackets(
  lab: AgentLab,
  route: Route,
  { rate, seconds: duration }: { rate: number; seconds: number },
): Promise<{ received: number; lost: number }> {
  const bits = String(rate * SMALL_PAYLOAD * 8)
  const wishes = [
    '-u',
    '-l',
    String(SMALL_PAYLOAD),
    '-b',
    bits,
    '-t',
    String(duration),
    '-w',
    String(smallBufferBytes()),
  ]
  const { sum } = await iperf(lab, route, wishes)
  const [packets, missing, seconds] = [Number(sum?.packets), Number(sum?.lost_packets), Number(sum?.seconds)]
  const isRateReached = packets / seconds > rate * 0.95
  return { received: (packets - missing) / seconds, lost: isRateReached ? missing / packets : 1 }
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

let runs = 0

type Sums = Readonly<Record<string, Readonly<Record<string, number>> | undefined>>

/** Tries twice: an overlay that is flooded loses what iperf3 needs to agree on a run. */
async function iperf(lab: AgentLab, route: Route, wishes: readonly string[]): Promise<Sums> {
  const first = await tryIperf(lab, route, wishes)
  const outcome = 'trouble' in first ? await tryIperf(lab, route, wishes) : first
  if ('trouble' in outcome) throw new Error(`iperf3 ${wishes.join(' ')} to ${route.address}: ${outcome.trouble}`)
  return outcome.sums
}

async function tryIperf(
  lab: AgentLab,
  { from, to, address }: Route,
  wishes: readonly string[],
): Promise<{ readonly sums: Sums } | { readonly trouble: string }> {
  const name = `iperf3 ${++runs}`
  const server = lab.spawn(to, ['iperf3', '-s', '-1', '--forceflush'], { name })
  try {
    await eventually(10_000, async () => {
      return lab.log(name).includes('Server listening') || `it does not listen on ${to}: ${lab.log(name)}`
    })
    const argv = ['timeout', String(IPERF_SECONDS_MAX), 'iperf3', '-c', address, '-J', ...wishes]
    const { stdout, stderr, exitCode } = await lab.on(from, ...argv)
    if (stdout.trim() === '') return { trouble: `exit code ${exitCode}, ${stderr.trim() || 'not a word'}` }
    const { end, error } = JSON.parse(stdout)
    return error === undefined ? { sums: end } : { trouble: error }
  } catch (error) {
    return { trouble: String(error) }
  } finally {
    server.kill()
    // The next one listens on the same port.
    await endOf(server)
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
