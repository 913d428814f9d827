import { InvariantViolation, MARKER } from './invariants.ts'
import { differenceOf, referenceOf } from './reference.ts'
import type { World } from './world.ts'

/** Virtual time from the end of all faults until every router agrees with the reference model. */
export const CONVERGED_WITHIN_MS = 20_000
const POLL_MS = 500
const FRAMES_ARRIVE_WITHIN_MS = 3_000
const FRAME_HEADER_BYTES = 14

/**
 * Gives routers all the time that they have, for a router may still believe what is no longer so, and returns after how many virtual
 * milliseconds they differed from the reference for the last time.
 */
export function converge(world: World, members: readonly string[]): number {
  const reference = referenceOf(world, members)
  const start = world.now
  let differedUntil = 0
  let difference: string | undefined
  while (world.now - start < CONVERGED_WITHIN_MS) {
    world.run(POLL_MS)
    difference = differenceFrom(reference, world, members)
    if (difference !== undefined) differedUntil = world.now - start
  }
  if (difference !== undefined) throw new InvariantViolation('all that should reach each other do', difference)
  return differedUntil
}

/** One broadcast of each host arrives once at each host that hears it, and nowhere else. */
export function exchangeBroadcasts(world: World, members: readonly string[]): void {
  const reference = referenceOf(world, members)
  const senders = members.filter(name => world.host(name).isUp)
  const before = new Map([...world.hosts.values()].map(host => [host.name, host.injected.length]))
  for (const name of senders) world.send(name, broadcastFrame(world.member(name).shortId, `last word of ${name}`))
  world.run(FRAMES_ARRIVE_WITHIN_MS)
  for (const sender of senders) {
    const text = `${MARKER}: last word of ${sender}.`
    const heard = [...world.hosts.values()].flatMap(host =>
      host.injected
        .slice(before.get(host.name))
        .filter(frame => textOf(frame) === text)
        .map(() => host.name),
    )
    const difference = differenceOf(heard, reference.must.hearersOf(sender), reference.may.hearersOf(sender))
    if (difference !== undefined) {
      throw new InvariantViolation('each frame arrives once', `from ${sender} at ${difference}`)
    }
  }
}

export function broadcastFrame(shortId: number, text: string): Uint8Array {
  return frameTo([255, 255, 255, 255, 255, 255], shortId, text)
}

export function unicastFrame(from: number, to: number, text: string): Uint8Array {
  return frameTo(macOf(to), from, text)
}

function frameTo(destination: readonly number[], from: number, text: string): Uint8Array {
  return Uint8Array.from([...destination, ...macOf(from), 0x88, 0xb5, ...Buffer.from(`${MARKER}: ${text}.`)])
}

function macOf(shortId: number): readonly number[] {
  return [2, 0, 0, 0, shortId >> 8, shortId & 255]
}

function textOf(frame: Uint8Array): string {
  return Buffer.from(frame.subarray(FRAME_HEADER_BYTES)).toString()
}

/** Undefined when there is none. */
function differenceFrom(
  { must, may }: ReturnType<typeof referenceOf>,
  world: World,
  members: readonly string[],
): string | undefined {
  for (const name of members) {
    const host = world.host(name)
    if (!host.isUp) continue
    const { peers } = host.router.status(host.clockAt(world.now))
    const reached = peers.filter(peer => peer.isReachable).map(peer => peer.nickname)
    const difference = differenceOf(reached, must.reachableFrom(name), may.reachableFrom(name))
    if (difference !== undefined) return `${name} reaches ${difference}`
  }
  return undefined
}

/** The first two hosts, `a` and `b`, have frames for each other twice a second. */
export function talk(world: World, forMs: number): void {
  for (let passed = 0; passed < forMs; passed += 500) {
    world.send('a', unicastFrame(1, 2, 'to b'))
    world.send('b', unicastFrame(2, 1, 'to a'))
    world.run(500)
  }
}
