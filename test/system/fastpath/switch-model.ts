import { ADDRESSED, isGroup, isHandle, isReserved, isTunnel, OPENED, readFrame, SENT_BY_US } from './frame-facts.ts'
import {
  type Answer,
  type Judged,
  type Memory,
  PEERS,
  type Sent,
  type Verdict,
  type Way,
  type World,
} from './judged-frame.ts'
import { judgeOnWire, type WireNetwork } from './wire-model.ts'

const SECOND = 1_000_000_000
const MAC_AGE = 600 * SECOND
const MAC_HOLD = 2 * SECOND
const MAC_HOLD_SLEEVE = SECOND / 10
const MAC_REFRESH = SECOND / 4
const HOPS = 64
const CHILDREN_MAX = 256
const ALL = 0
const SLEEVE = 0
const PROBE_TYPE = 0x88b6
const PROBE_BYTES = 20
const ANSWER = 2
const INGRESS = 1

interface Owner {
  readonly peer: number
  readonly generation: number
  readonly seenAt: number
}

type Draft = { -readonly [Key in keyof Verdict]: Verdict[Key] }

/** What docs/protocol.md and bpf/fast-path.h promise of the programs, in other words than theirs. */
export class SwitchModel {
  readonly #world: World
  readonly #network: WireNetwork
  readonly #owners: Map<string, Owner>
  readonly #answers = new Map<number, Omit<Answer, 'peer'>>()
  readonly #sealed = new Map<number, Omit<Answer, 'peer'>>()
  #now = 0

  constructor(world: World, network: WireNetwork) {
    this.#world = world
    this.#network = network
    this.#owners = new Map(world.macs.map(({ mac, ...owner }) => [mac, owner]))
  }

  judge(judged: Judged): Verdict {
    this.#now += judged.after
    const { mark, frame } = judged
    const draft: Draft = {
      ...{ action: 'drop', mark, frame, redirect: undefined, to: undefined, clones: [] },
      ...{ counters: {}, traffic: {} },
    }
    switch (judged.program) {
      case 'to_underlay':
        this.#send(judged, draft)
        break
      case 'from_underlay':
        this.#receive(judged, draft)
        break
      case 'from_sleeve':
        if (this.#isReady(draft)) redirect(draft, this.#world.config.vxlan, INGRESS)
        break
      case 'from_tunnel':
        Object.assign(draft, { action: 'pass', mark: OPENED })
        break
      case 'from_wire':
        judgeOnWire(this.#world, this.#network, draft)
    }
    return draft
  }

  memory(): Memory {
    const owners = [...this.#owners].map(([mac, owner]) => ({ mac, ...owner }))
    const heardOn = (way: ReadonlyMap<number, Omit<Answer, 'peer'>>) =>
      [...PEERS].flatMap(peer => {
        const answer = way.get(peer)
        return answer === undefined ? [] : [{ peer, ...answer }]
      })
    return {
      macs: owners.sort((a, b) => (a.mac < b.mac ? -1 : 1)),
      answers: heardOn(this.#answers),
      sealed: heardOn(this.#sealed),
    }
  }

  #send(judged: Judged, draft: Draft): void {
    const { config } = this.#world
    const { to, from } = readFrame(judged.frame)
    if (judged.mark === ADDRESSED) return void Object.assign(draft, { action: 'pass', mark: 0 })
    if (!this.#isReady(draft)) return
    if (isReserved(to)) return count(draft, 'droppedReserved')
    if (!this.#learn(from, { peer: config.self, generation: 0 }, draft)) count(draft, 'macsHeld')
    const peer = isGroup(to) ? undefined : this.#peerOf(to)
    if (peer === undefined) return this.#flood(draft)
    if (peer === config.self && peer !== SLEEVE) return count(draft, 'droppedLocal')
    const next = peer === SLEEVE ? 0 : this.#hopTo(peer)
    if (next === 0) return this.#punt(draft)
    const way = this.#way(next, (config.self << 12) | peer, HOPS)
    if (way === undefined) return count(draft, 'droppedRoute')
    Object.assign(draft, { action: 'pass', to: way })
    count(draft, 'sent')
    add(draft, peer, { framesSent: 1, bytesSent: judged.frame.length / 2 })
  }

  #receive(judged: Judged, draft: Draft): void {
    const { config } = this.#world
    const { tunnel } = judged
    const { to, from, type } = readFrame(judged.frame)
    if (!this.#isReady(draft)) return
    if (tunnel === undefined) {
      if (!this.#learn(from, { peer: SLEEVE, generation: config.generation }, draft)) count(draft, 'macsHeld')
      draft.action = 'pass'
      return count(draft, 'fromSleeve')
    }
    if ((tunnel.vni & SENT_BY_US) !== 0) return this.#giveBack(draft, tunnel.vni)
    const address = this.#numberOf(tunnel.from)
    const neighbour = this.#world.endpoints.find(endpoint => endpoint.address === address)?.peer
    const isForged = isTunnel(address) && judged.mark !== OPENED
    if (neighbour === undefined || isForged) return count(draft, 'droppedEndpoint')
    draft.mark = 0
    const [source, destination] = [(tunnel.vni >> 12) & 0xfff, tunnel.vni & 0xfff]
    if (!this.#isOther(source)) return count(draft, 'droppedSource')
    if (isReserved(to)) {
      const isProbe = type === PROBE_TYPE && source === neighbour && destination === config.self
      return isProbe ? this.#answer(draft, source, address) : count(draft, 'droppedProbe')
    }
    if (destination === config.self) return this.#deliver(draft, from, source)
    if (destination !== ALL) return this.#relay(draft, { ...tunnel, address, destination })
    const tree = this.#world.trees.find(candidate => candidate.source === source)
    if (tree?.parent !== neighbour) return count(draft, 'droppedTree')
    if (tunnel.hops > 1 && this.#cloneAlong(draft, source, tunnel.hops - 1)) addRelayed(draft, source)
    this.#deliver(draft, from, source)
  }

  #isReady(draft: Draft): boolean {
    const isReady = this.#world.config.self !== 0
    if (!isReady) count(draft, 'droppedNotReady')
    return isReady
  }

  #isOther(source: number): boolean {
    const isMember = this.#world.hops.some(({ peer, isMember }) => peer === source && isMember)
    return source !== 0 && source !== this.#world.config.self && isMember
  }

  /** False: another holds the address. */
  #learn(mac: string, to: Omit<Owner, 'seenAt'>, draft: Draft): boolean {
    const owner = this.#owners.get(mac)
    const silent = this.#now - (owner?.seenAt ?? 0)
    if (owner?.peer === to.peer && owner.generation === to.generation && silent <= MAC_REFRESH) return true
    if (owner !== undefined && owner.peer !== to.peer) {
      if (silent < (owner.peer === SLEEVE ? MAC_HOLD_SLEEVE : MAC_HOLD)) return false
      count(draft, 'macsMoved')
    }
    this.#owners.set(mac, { ...to, seenAt: this.#now })
    return true
  }

  #peerOf(mac: string): number | undefined {
    const owner = this.#owners.get(mac)
    if (owner === undefined || this.#now - owner.seenAt > MAC_AGE) return undefined
    const isForgotten = owner.peer === SLEEVE && owner.generation !== this.#world.config.generation
    return isForgotten ? undefined : owner.peer
  }

  #hopTo(peer: number): number {
    return this.#world.hops.find(hop => hop.peer === peer)?.address ?? 0
  }

  #punt(draft: Draft): void {
    const { tap } = this.#world.config
    if (tap === 0) return count(draft, 'droppedRoute')
    count(draft, 'punted')
    redirect(draft, tap, 0)
  }

  #flood(draft: Draft): void {
    const { self, puntsFloods } = this.#world.config
    count(draft, 'flooded')
    if (this.#cloneAlong(draft, self, HOPS)) add(draft, ALL, { framesSent: 1, bytesSent: draft.frame.length / 2 })
    draft.action = 'drop'
    if (puntsFloods) this.#punt(draft)
  }

  /** False: nobody is behind this host. */
  #cloneAlong(draft: Draft, source: number, hops: number): boolean {
    const tree = this.#world.trees.find(candidate => candidate.source === source)
    if (tree === undefined || tree.children.length === 0) return false
    const ways = tree.children.slice(0, CHILDREN_MAX).map(child => this.#way(child, source << 12, hops))
    const known = ways.filter(way => way !== undefined)
    draft.clones = known.map((to): Sent => ({ device: this.#world.config.vxlan, flags: 0, mark: ADDRESSED, to }))
    draft.mark = 0
    draft.to = known.at(-1)
    return true
  }

  #answer(draft: Draft, source: number, address: number): void {
    const frame = Buffer.from(draft.frame, 'hex')
    if (frame.length < PROBE_BYTES) return count(draft, 'droppedProbe')
    if (frame[14] === ANSWER) {
      const way = isTunnel(address) ? this.#sealed : this.#answers
      return void way.set(source, { nonce: frame.readUInt32LE(16), address })
    }
    frame[14] = ANSWER
    draft.frame = frame.toString('hex')
    this.#sendOn(draft, this.#way(address, (this.#world.config.self << 12) | source, HOPS), 'probesAnswered')
  }

  #deliver(draft: Draft, from: string, source: number): void {
    if (!isGroup(from) && !this.#learn(from, { peer: source, generation: 0 }, draft)) {
      if (this.#owners.get(from)?.peer === this.#world.config.self) {
        draft.action = 'drop'
        return count(draft, 'droppedSpoofed')
      }
      count(draft, 'macsHeld')
    }
    draft.action = 'pass'
    count(draft, 'delivered')
    add(draft, source, { framesReceived: 1, bytesReceived: draft.frame.length / 2 })
  }

  #relay(draft: Draft, came: { address: number; destination: number; vni: number; hops: number }): void {
    const next = this.#hopTo(came.destination)
    if (next === 0 || next === came.address) return count(draft, 'droppedRoute')
    if (came.hops <= 1) return count(draft, 'droppedTtl')
    this.#sendOn(draft, this.#way(next, came.vni, came.hops - 1), 'relayed')
    if (draft.action === 'redirect') addRelayed(draft, (came.vni >> 12) & 0xfff)
  }

  /** What the kernel answers to a frame that the path is too narrow for goes to where that came from. */
  #giveBack(draft: Draft, vni: number): void {
    const [source, destination] = [(vni >> 12) & 0xfff, vni & 0xfff]
    if (source === this.#world.config.self) return void Object.assign(draft, { action: 'pass' })
    const next = this.#hopTo(source)
    if (destination === ALL || next === 0) return count(draft, 'droppedRoute')
    this.#sendOn(draft, this.#way(next, (destination << 12) | source, HOPS), 'relayed')
  }

  #sendOn(draft: Draft, to: Way | undefined, counter: string): void {
    if (to === undefined) return count(draft, counter === 'relayed' ? 'droppedRoute' : 'droppedProbe')
    count(draft, counter)
    redirect(draft, this.#world.config.vxlan, 0)
    Object.assign(draft, { mark: ADDRESSED, to })
  }

  /** Of an address of IPv6, its handle; of what no address may be, nobody's. */
  #numberOf(from: number | string): number {
    if (typeof from === 'number') return isHandle(from) ? 0 : from
    return this.#world.handles.find(({ address }) => address === from)?.handle ?? 0
  }

  #way(address: number, vni: number, hops: number): Way | undefined {
    const way = { address, vni: vni | SENT_BY_US, hops }
    if (!isHandle(address)) return way
    const known = this.#world.handles.find(({ handle }) => handle === address)
    return known === undefined ? undefined : { ...way, address: known.address }
  }
}

function count(draft: Draft, counter: string): void {
  draft.counters = { ...draft.counters, [counter]: 1 }
}

function add(draft: Draft, peer: number, load: Readonly<Record<string, number>>): void {
  draft.traffic = { ...draft.traffic, [peer]: { ...draft.traffic[peer], ...load } }
}

function addRelayed(draft: Draft, source: number): void {
  add(draft, source, { framesRelayed: 1, bytesRelayed: draft.frame.length / 2 })
}

function redirect(draft: Draft, device: number, flags: number): void {
  Object.assign(draft, { action: 'redirect', redirect: { device, flags } })
}
