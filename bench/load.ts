import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentLab } from '../test/system/agent/agent-lab.ts'

/** A namespace that sends, one that receives, and the address of the one that receives. */
export interface Route {
  readonly from: string
  readonly to: string
  readonly address: string
}

const SECONDS = 2
const UDP_BYTES = 22
const UDP_OFFERED = 100_000

/** The machine's own choice may be another one. */
const CONGESTION_CONTROL = 'cubic'

/** Of 100 pings on an idle overlay, in milliseconds. */
export async function medianRoundTrip(lab: AgentLab, { from, address }: Route): Promise<number> {
  const { stdout } = await lab.on(from, 'ping', '-c', '100', '-i', '0.01', address)
  const times = [...stdout.matchAll(/time=([\d.]+) ms/g)].map(match => Number(match[1]))
  return median(times)
}

/** Received of one TCP stream, in Mbit/s. */
export async function streamRate(lab: AgentLab, route: Route): Promise<number> {
  const { sum_received: received } = await iperf(lab, route, ['-C', CONGESTION_CONTROL])
  return Number(received?.bits_per_second ?? Number.NaN) / 1e6
}

/** Received of UDP datagrams that are frames of 64 bytes, in thousands a second, when 100,000 a second are sent. */
export async function smallPacketRate(lab: AgentLab, route: Route): Promise<number> {
  const rate = String(UDP_OFFERED * UDP_BYTES * 8)
  const { sum } = await iperf(lab, route, ['-u', '-l', String(UDP_BYTES), '-b', rate])
  return (Number(sum?.packets) - Number(sum?.lost_packets)) / Number(sum?.seconds) / 1000
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

type Sums = Readonly<Record<string, Readonly<Record<string, number>> | undefined>>

async function iperf(lab: AgentLab, { from, to, address }: Route, wishes: readonly string[]): Promise<Sums> {
  const server = lab.spawn(to, ['iperf3', '-s', '-1'], { name: `iperf3 on ${to}` })
  try {
    await sleep(300)
    const { stdout } = await lab.on(from, 'iperf3', '-c', address, '-J', '-t', String(SECONDS), ...wishes)
    const { end, error } = JSON.parse(stdout)
    if (error !== undefined) throw new Error(`iperf3 to ${address}: ${error}`)
    return end
  } finally {
    server.kill()
  }
}
