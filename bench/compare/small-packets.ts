import { readFileSync } from 'node:fs'
import type { AgentLab } from '../../test/system/agent/agent-lab.ts'
import type { Contestant, Route } from './candidate.ts'
import { iperf } from './iperf.ts'

/** A frame of 64 bytes: Ethernet, IPv4 and UDP headers take 42. */
const PAYLOAD = 22
const BUFFER_BYTES_MAX = 4 * 1024 * 1024
const LOSS_MAX = 0.01
/** Of the rate that is wished for, iperf3 has to send so much. */
const SENT_LEAST = 0.95
/** Thousands a second: on to what no iperf3 sends, as it makes a system call for each packet. */
export const SMALL_STEPS = [
  ...[20, 30, 40, 50, 60, 70, 80, 90, 100, 120, 140, 160, 180, 200],
  ...[230, 260, 300, 350, 400, 500, 600, 800, 1000],
] as const

/**
 * Of iperf3's sockets for small packets: as large as the system lets a program have. By default they hold some two milliseconds' worth;
 * what iperf3 loses of it while it waits for a core, no candidate has lost.
 */
export function smallBufferBytes(): number {
  const limits = ['rmem_max', 'wmem_max'].map(name => Number(readFileSync(`/proc/sys/net/core/${name}`, 'utf8')))
  return Math.min(BUFFER_BYTES_MAX, ...limits)
}

/** The highest rate received, in thousands a second, at which no more than 1 % is lost, beside what the cable loses. */
export function measureSmall(
  { lab }: Contestant,
  route: Route,
  { smallSeconds, loss }: { readonly smallSeconds: number; readonly loss: number },
): Promise<number> {
  return findHighest(loss, thousands => sendSmall(lab, route, { rate: thousands * 1000, seconds: smallSeconds }))
}

export interface SmallFigures {
  readonly sent: number
  readonly lost: number
  readonly seconds: number
}

/** Looks as in a sorted list: what is lost at one rate is lost at all above. `loss`: per cent that the cable loses. */
export async function findHighest(loss: number, send: (thousands: number) => Promise<SmallFigures>): Promise<number> {
  let best = 0
  let low = 0
  let high: number = SMALL_STEPS.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const thousands = SMALL_STEPS[middle] ?? 0
    const { sent, lost, seconds } = await send(thousands)
    if (sent / seconds > thousands * 1000 * SENT_LEAST && lost / sent <= LOSS_MAX + loss / 100) {
      best = Math.max(best, (sent - lost) / seconds / 1000)
      low = middle + 1
    } else high = middle
  }
  return best
}

async function sendSmall(
  lab: AgentLab,
  route: Route,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<SmallFigures> {
  const bits = String(rate * PAYLOAD * 8)
  const wishes = ['-u', '-l', String(PAYLOAD), '-b', bits, '-t', String(seconds), '-w', String(smallBufferBytes())]
  const { sum } = await iperf(lab, route, wishes)
  return { sent: Number(sum?.packets), lost: Number(sum?.lost_packets), seconds: Number(sum?.seconds) }
}
