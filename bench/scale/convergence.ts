import { setTimeout as sleep } from 'node:timers/promises'
import type { ScaleLab } from './scale-lab.ts'

const LIMIT_MS = 120_000
/** Between two questions to one router, or a fiftieth of what has passed: answers cost it time that it lacks. */
const ASK_EVERY_MS = 50
const ASK_EVERY_SHARE = 0.02

/** True, or what is still missing. */
export type Answer = true | string

/** Hosts that are asked at one time: an answer of a router that has a lot to do takes a second, and sixty in a row a minute. */
const ASKED_AT_ONCE = 6

/** Asks hosts until each has said yes once: what is true once stays true, so the last yes is the time of all. */
export async function awaitAll(hosts: readonly string[], ask: (host: string) => Promise<Answer>): Promise<void> {
  const startedAt = performance.now()
  const waiting = [...hosts]
  const askInTurn = async () => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
      await awaitYes(startedAt, () => ask(host as string))
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: ASKED_AT_ONCE }, askInTurn))
  const failed = outcomes.find(outcome => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function awaitYes(startedAt: number, ask: () => Promise<Answer>): Promise<void> {
  for (;;) {
    const answer = await ask()
    if (answer === true) return
    const passedMs = performance.now() - startedAt
    if (passedMs > LIMIT_MS) throw new Error(`not within ${LIMIT_MS / 1000} s: ${answer}`)
    await sleep(Math.max(ASK_EVERY_MS, ASK_EVERY_SHARE * passedMs))
  }
}

/** The host reaches all that run, and each link that it wants to them is up. */
export async function isConverged(lab: ScaleLab, host: string): Promise<Answer> {
  const peers = await lab.peers(host)
  const missing = peers?.filter(peer => !peer.isReachable && peer.nickname !== lab.late)
  if (missing === undefined) return `${host} does not answer`
  if (missing.length > 0) return `${host} does not reach ${missing.map(({ nickname }) => nickname).join(', ')}`
  const connections = (await lab.connections(host)) ?? []
  const wanted = connections.filter(({ address }) => address.ip !== lab.addressOf(lab.late ?? ''))
  const waiting = wanted.filter(({ state }) => state !== 'established')
  if (waiting.length > 0) return `${host}: ${waiting.map(({ address, state }) => `${address.ip} ${state}`).join(', ')}`
  const dialled = wanted.filter(({ direction }) => direction === 'outbound').length
  return dialled >= lab.mustDial(host) || `${host} has ${dialled} links of its own`
}

/** The host takes the other for reachable. */
export async function isKnown(lab: ScaleLab, host: string, other: string): Promise<Answer> {
  const peers = await lab.peers(host)
  return peers?.find(peer => peer.nickname === other)?.isReachable === true || `${host} does not reach ${other}`
}

/** The host takes the other for gone. */
export async function isLost(lab: ScaleLab, host: string, other: string): Promise<Answer> {
  return (await isKnown(lab, host, other)) !== true || `${host} takes ${other} for alive`
}
