import { exposedCollect } from '../../src/agent/runtime/spare-memory.ts'
import { ScaleWorld } from './scale-world.ts'

/** Virtual milliseconds where nothing else is said, bytes; undefined where the limit was reached first. */
export interface ScaleFigures {
  readonly hosts: number
  readonly coldStartMs: number | undefined
  readonly linksMean: number
  readonly linksMax: number
  readonly hopsMax: number
  readonly idleBytesPerSecond: number
  /** Of each router, on the machine at hand. */
  readonly idleCpuMsPerSecond: number
  readonly joinKnownMs: number | undefined
  readonly deathKnownMs: number | undefined
  readonly healMs: number | undefined
  /** Of each router. */
  readonly coldStartBytes: number
  /** Memory that each router holds for each peer, all of its records, keys, routes and targets taken together. */
  readonly bytesPerPeer: number
}

const LIMIT_MS = 120_000
const WARM_UP_HOSTS = 12
const SETTLE_MS = 10_000
const IDLE_FOR_MS = 10_000
/** Long enough for both halves to give the other up. */
const PARTITION_FOR_MS = 10_000

/** Takes one cluster through its life: started cold, left alone, joined, bereaved, cut in two halves and healed. */
export function measureScale(
  count: number,
  seed: number,
  progress: (text: string) => void = () => undefined,
): ScaleFigures {
  const { world, ...coldStart } = startCold(count, seed, progress)
  const idle = measureIdle(world)
  const shape = shapeOf(world)
  progress(`idle ${idle.idleBytesPerSecond.toFixed(0)} bytes a second`)
  const joinKnownMs = joinOne(world)
  progress(`a joining router known after ${joinKnownMs} ms`)
  world.run(SETTLE_MS)
  const deathKnownMs = killOne(world)
  progress(`a dead router noticed after ${deathKnownMs} ms`)
  world.run(SETTLE_MS)
  const healMs = partitionAndHeal(world)
  progress(`healed after ${healMs} ms`)
  return {
    hosts: count,
    ...coldStart,
    ...shape,
    ...idle,
    joinKnownMs,
    deathKnownMs,
    healMs,
  }
}

/** Of a cluster that has started and is left alone: as `measureScale`, in a fraction of its time. */
export function measureAtRest(count: number, seed: number): Pick<ScaleFigures, 'bytesPerPeer' | 'idleBytesPerSecond'> {
  const { world, bytesPerPeer } = startCold(count, seed)
  return { bytesPerPeer, idleBytesPerSecond: measureIdle(world).idleBytesPerSecond }
}

type ColdStart = Pick<ScaleFigures, 'coldStartMs' | 'coldStartBytes' | 'bytesPerPeer'> & { readonly world: ScaleWorld }

function startCold(count: number, seed: number, progress: (text: string) => void = () => undefined): ColdStart {
  warmUp(seed)
  const world = new ScaleWorld(seed)
  const members = world.define(count)
  const manifest = world.cluster.manifest()
  const memoryBefore = memoryInUse()
  for (const member of members) world.start(member, manifest)
  const coldStartMs = world.runUntil(() => world.isConverged, { stepMs: 100, maxMs: LIMIT_MS })
  const coldStartBytes = world.controlBytes / count
  progress(`cold start ${coldStartMs} ms`)
  world.run(SETTLE_MS)
  const bytesPerPeer = (memoryInUse() - memoryBefore) / count / count
  progress(`${bytesPerPeer.toFixed(0)} bytes for each peer`)
  return { world, coldStartMs, coldStartBytes, bytesPerPeer }
}

function measureIdle(world: ScaleWorld): Pick<ScaleFigures, 'idleBytesPerSecond' | 'idleCpuMsPerSecond'> {
  const bytesBefore = world.controlBytes
  const cpuBefore = process.cpuUsage()
  world.run(IDLE_FOR_MS)
  const { user, system } = process.cpuUsage(cpuBefore)
  const routerSeconds = world.hosts.length * (IDLE_FOR_MS / 1000)
  return {
    idleBytesPerSecond: (world.controlBytes - bytesBefore) / routerSeconds,
    idleCpuMsPerSecond: (user + system) / 1000 / routerSeconds,
  }
}

function shapeOf(world: ScaleWorld): Pick<ScaleFigures, 'linksMean' | 'linksMax' | 'hopsMax'> {
  const statuses = world.hosts.slice(0, 50).map(host => host.router.status(world.now))
  const links = statuses.map(status => status.connections.filter(({ state }) => state === 'established').length)
  const hops = statuses.flatMap(status => status.peers.map(peer => peer.hops ?? 0))
  return {
    linksMean: links.reduce((sum, count) => sum + count, 0) / links.length,
    linksMax: Math.max(...links),
    hopsMax: Math.max(...hops),
  }
}

/** A manifest with one host more reaches one router, and the host starts. */
function joinOne(world: ScaleWorld): number | undefined {
  const [member] = world.define(1)
  const manifest = world.cluster.manifest()
  if (member === undefined) return undefined
  world.hosts[0]?.hear({ kind: 'manifest', signed: manifest })
  world.start(member, manifest)
  return world.runUntil(() => world.isConverged, { stepMs: 20, maxMs: LIMIT_MS })
}

/** The machine is gone without a word: known when nobody has a route to it. */
function killOne(world: ScaleWorld): number | undefined {
  const victim = world.hosts[Math.floor(world.hosts.length / 2)]
  if (victim === undefined) return undefined
  victim.isUp = false
  return world.runUntil(() => world.isConverged, { stepMs: 50, maxMs: LIMIT_MS })
}

function partitionAndHeal(world: ScaleWorld): number | undefined {
  for (const [i, host] of world.hosts.entries()) host.part = i % 2
  world.run(PARTITION_FOR_MS)
  for (const host of world.hosts) host.part = 0
  return world.runUntil(() => world.isConverged, { stepMs: 100, maxMs: LIMIT_MS })
}

/** So that what the engine compiles does not count as what routers hold: it is the same for any number of them. */
function warmUp(seed: number): void {
  const world = new ScaleWorld(seed)
  const members = world.define(WARM_UP_HOSTS)
  const manifest = world.cluster.manifest()
  for (const member of members) world.start(member, manifest)
  world.run(SETTLE_MS)
}

/** After all that nobody holds has been collected: buffers go with the second collection after their objects. */
function memoryInUse(): number {
  const collect = exposedCollect()
  for (let i = 0; i < 3; i++) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
