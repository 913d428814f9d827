import { type KernelMaps, loadPrograms } from '../../../src/agent/fastpath/kernel-maps.ts'
import {
  COUNTER_NAMES,
  readAnswer,
  readCounter,
  readLoad,
  readTraffic,
} from '../../../src/agent/fastpath/map-values.ts'
import { BpfCalls } from '../../../src/agent/linux/bpf/bpf-calls.ts'
import { BpfMap, type MapKey } from '../../../src/agent/linux/bpf/bpf-map.ts'
import type { BpfObject } from '../../../src/agent/linux/bpf/bpf-object.ts'
import { deviceIndex, type Libc } from '../../../src/agent/linux/libc.ts'
import { type Judged, type Memory, PEERS, type Sent, type Verdict, type Way, type World } from './judged-frame.ts'
import { TestRun } from './test-run.ts'
import { CLONES_MAX, SENT, TUNNEL_KEY_BYTES, WATCH, watch } from './watched-program.ts'
import { emptyWorld, macOfKey, writeWorld } from './world-maps.ts'

const ARRAY = 2
const ACTIONS = new Map([
  [0, 'pass'],
  [2, 'drop'],
  [7, 'redirect'],
  [0xffff_ffff, 'next'],
] as const)
/**
 * In `struct bpf_tunnel_key`. Frames that come and frames that go have their ends in opposite places: what is set as `local` is who a
 * program is told the frame came from, and `local` tells whom a program has addressed it to.
 */
const KEY = { vni: 0, hops: 21, local: 28 } as const
const START = 1_000_000_000_000

/** The programs in the kernel, run on frames that are on no wire, at a time that the test sets. */
export class WatchedPrograms {
  readonly #maps: KernelMaps
  readonly #watch: BpfMap
  readonly #fds: ReadonlyMap<string, number>
  readonly #testRun: TestRun
  #now = START

  constructor(libc: Libc, object: BpfObject) {
    const calls = new BpfCalls(libc)
    const definition = { type: ARRAY, keyBytes: 4, valueBytes: WATCH.bytes, entriesMax: 1, flags: 0 }
    const map = calls.createMap({ ...definition, name: 'watch' })
    this.#watch = new BpfMap(calls, map, definition)
    this.#maps = loadPrograms(libc, object, deviceIndex(libc, 'lo')).maps
    const maps = new Map(Object.entries(this.#maps).map(([name, { fd }]) => [`weave_${name}`, fd]))
    this.#fds = new Map(
      object.programs.map(program => {
        return [program.name, calls.loadProgram(program.name, watch(program, maps, map), object.license)]
      }),
    )
    this.#testRun = new TestRun(libc)
  }

  /** Forgets all that was before. */
  begin(world: World): void {
    this.#now = START
    emptyWorld(this.#maps)
    writeWorld(this.#maps, world, START)
  }

  judge(judged: Judged, wire: number): Verdict {
    this.#now += judged.after
    this.#watch.set(0, value => writeQuestion(value, judged, this.#now))
    const before = this.#counts()
    const program = this.#fds.get(judged.program) ?? -1
    const device = judged.program === 'from_wire' ? wire : 0
    const run = this.#testRun.run(program, { frame: Buffer.from(judged.frame, 'hex'), mark: judged.mark, device })
    const action = ACTIONS.get(run.result as 0)
    if (action === undefined) throw new Error(`${judged.program} gave ${run.result}`)
    const { to, mark, ...rest } = this.#readWatch(judged)
    const after = this.#counts()
    return { action, mark, to, ...rest, frame: run.frame.toString('hex'), ...gainOf(before, after) }
  }

  memory(): Memory {
    const { macs, answers, sealed } = this.#maps
    const owners: Memory['macs'][number][] = []
    for (const key of keysOf(macs)) {
      const bytes = macs.get(key)
      if (bytes === undefined) continue
      const [peer, generation] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)]
      owners.push({ mac: macOfKey(key), peer, generation, seenAt: Number(bytes.readBigUInt64LE(8)) - START })
    }
    return {
      macs: owners.sort((a, b) => (a.mac < b.mac ? -1 : 1)),
      answers: answersIn(answers),
      sealed: answersIn(sealed),
    }
  }

  #readWatch(judged: Judged): Pick<Verdict, 'mark' | 'to' | 'clones' | 'redirect'> {
    const bytes = valueAt(this.#watch, 0)
    const refusal = bytes.readInt32LE(WATCH.refusal)
    if (refusal !== 0) throw new Error(`the kernel sets no such tunnel key: ${refusal}, ${JSON.stringify(judged)}`)
    const isRedirected = bytes.readUInt32LE(WATCH.redirects) > 0
    const redirect = { device: bytes.readUInt32LE(WATCH.device), flags: bytes.readUInt32LE(WATCH.flags) }
    const count = Math.min(bytes.readUInt32LE(WATCH.clones), CLONES_MAX)
    const clones = Array.from({ length: count }, (_, i) => readSent(bytes, WATCH.firstClone + i * SENT.bytes))
    const { mark, to } = readSent(bytes, WATCH.left)
    return { mark, to, clones, redirect: isRedirected ? redirect : undefined }
  }

  #counts(): Counts {
    const { counters, traffic, relayed } = this.#maps
    const trafficOf = (peer: number) => {
      const { frames: framesRelayed, bytes: bytesRelayed } = readLoad(valueAt(relayed, peer))
      return { ...readTraffic(valueAt(traffic, peer)), framesRelayed, bytesRelayed }
    }
    return {
      counters: Object.fromEntries(COUNTER_NAMES.map((name, i) => [name, readCounter(valueAt(counters, i))])),
      traffic: Object.fromEntries(PEERS.map(peer => [peer, trafficOf(peer)])),
    }
  }
}

interface Counts {
  readonly counters: Readonly<Record<string, number>>
  readonly traffic: Readonly<Record<number, Readonly<Record<string, number>>>>
}

function gainOf(before: Counts, after: Counts): Counts {
  const traffic = PEERS.map(peer => [peer, gain(before.traffic[peer] ?? {}, after.traffic[peer] ?? {})] as const)
  return {
    counters: gain(before.counters, after.counters),
    traffic: Object.fromEntries(traffic.filter(([, by]) => Object.keys(by).length > 0)),
  }
}

function gain(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>) {
  const changes = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
  return Object.fromEntries(changes.filter(([, by]) => by !== 0))
}

/** Whom the frame came for is left out, which tells frames that were not addressed. */
function writeQuestion(value: Buffer, { tunnel }: Judged, now: number): void {
  value.writeBigUInt64LE(BigInt(now), WATCH.now)
  if (tunnel === undefined) return
  const isIpv4 = typeof tunnel.from === 'number'
  value.writeUInt32LE(isIpv4 ? 4 : 6, WATCH.family)
  value.writeUInt32LE(isIpv4 ? 0 : 1, WATCH.keyFlags)
  value.writeUInt32LE(tunnel.vni, WATCH.key + KEY.vni)
  value.writeUInt8(tunnel.hops, WATCH.key + KEY.hops)
  if (typeof tunnel.from === 'number') value.writeUInt32LE(tunnel.from, WATCH.key + KEY.local)
  else value.write(tunnel.from, WATCH.key + KEY.local, 'hex')
}

function readSent(bytes: Buffer, at: number): Sent {
  const word = (offset: number) => bytes.readUInt32LE(at + offset)
  const key = bytes.subarray(at + SENT.key, at + SENT.key + TUNNEL_KEY_BYTES)
  const to = readWay(word(SENT.family), key)
  return { device: word(SENT.device), flags: word(SENT.flags), mark: word(SENT.mark), to }
}

function readWay(family: number, key: Buffer): Way | undefined {
  const address = family === 4 ? key.readUInt32LE(KEY.local) : key.toString('hex', KEY.local, KEY.local + 16)
  const isAddressed = family !== 0 && Number(`0x${address}`) !== 0
  return isAddressed ? { address, vni: key.readUInt32LE(KEY.vni), hops: key.readUInt8(KEY.hops) } : undefined
}

function answersIn(map: BpfMap): Memory['answers'] {
  const heard = PEERS.map(peer => ({ peer, ...readAnswer(valueAt(map, peer)) }))
  return heard.filter(({ at }) => at !== 0n).map(({ peer, nonce, address }) => ({ peer, nonce, address }))
}

function keysOf(map: BpfMap): readonly Buffer[] {
  const keys: Buffer[] = []
  map.walk(key => keys.push(Buffer.from(key)), 1000)
  return keys
}

function valueAt(map: BpfMap, key: MapKey): Buffer {
  const value = map.get(key)
  if (value === undefined) throw new Error(`the map has no ${key}`)
  return value
}
