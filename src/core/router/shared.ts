import { assertNever } from '../../base/assert.ts'
import { parseIpAddress } from '../../base/ip-address.ts'
import type { PeerName } from '../../base/peer-name.ts'
import { Names, type NamesOutput } from '../dns/names.ts'
import type { IpamInput, IpamOutput } from '../ipam/api.ts'
import { Ipam } from '../ipam/ipam.ts'
import { rangeOf } from '../ipam/range.ts'
import { Topic } from '../wire/topic.ts'
import type { Input, Instant, NameChange, Output, RouterOptions } from './api.ts'
import { fromBase64, type Member, type Membership, toBase64 } from './membership.ts'
import type { Refusals } from './refusals.ts'
import type { TopicBoard } from './topics.ts'

export interface SharedContext {
  readonly self: PeerName
  readonly topics: TopicBoard
  readonly emit: (output: Output) => void
  readonly refusals: Refusals
  /** Undefined when nobody has the number. */
  readonly nameOf: (shortId: number) => PeerName | undefined
}

export interface Reached {
  readonly membership: Membership
  readonly routes: { has(peer: number): boolean }
  /** Others take what this router says. */
  readonly isHeard: boolean
}

/** What routers share beyond frames: addresses and names. Carries what the two machines say to gossip and to the shell. */
export class Shared {
  readonly ipam: Ipam | undefined
  readonly names: Names | undefined
  readonly #context: SharedContext
  /** Undefined before the first time. */
  #reached: ReadonlySet<PeerName> | undefined
  #isHeard = true
  /** Those of a manifest are another list when the manifest is another. */
  #members: readonly Member[] | undefined
  #now: Instant = 0
  /** Peers by the number that they were heard under: a number may be another's by the time it is forgotten. */
  readonly #heardAs = new Map<number, PeerName>()
  readonly #numbers = new Map<PeerName, number>()

  constructor({ ipam, names, now }: RouterOptions, context: SharedContext) {
    const { self } = context
    this.#context = context
    this.#now = now
    this.ipam =
      ipam === undefined ? undefined : new Ipam({ ...ipam, self, now, recordOf: peer => this.#recordOf(peer) })
    const addresses = {
      isAnothers: (publisher: PeerName, address: string) => this.#isAnothers(publisher, address),
      isRefused: (publisher: PeerName, address: string) => this.#isRefused(publisher, address),
    }
    this.names = names === undefined ? undefined : new Names({ ...names, self, addresses })
  }

  /** Call once, when everything else of the router is there. */
  start(): void {
    const { topics } = this.#context
    topics.listen(Topic.addresses, (shortId, body) => {
      const peer = this.#peerOf(shortId)
      // An empty body says that the peer has just started, not that it owns nothing.
      if (peer !== undefined && body?.length !== 0) this.#heard(peer, body)
    })
    topics.listen(Topic.names, (shortId, body) => {
      const peer = this.#peerOf(shortId)
      if (peer === undefined || this.names === undefined || this.names.heard(peer, body, this.#now)) return
      this.#context.refusals.note('names that cannot be read', { peer })
    })
    this.#perform()
  }

  deadline(now: Instant): number {
    const { ipam, names } = this
    return Math.min(ipam?.deadline(now) ?? Number.POSITIVE_INFINITY, names?.deadline ?? Number.POSITIVE_INFINITY)
  }

  handle(input: Extract<Input, { kind: 'addresses' | 'names' }>, now: Instant): void {
    this.#now = now
    if (input.kind === 'names') this.#changeNames(input.change)
    else this.ipam?.handle(input.input, now)
    this.#perform()
  }

  advance(now: Instant): void {
    this.#now = now
    this.ipam?.keepTime(now)
    if ((this.ipam?.deadline(now) ?? Number.POSITIVE_INFINITY) <= now) this.ipam?.advance(now)
    this.names?.advance(now)
    this.#perform()
  }

  /**
   * Call after a change of any of it; does nothing when it is none. Where there is a manifest, who is not heard takes no address space:
   * it is in contact with nobody.
   */
  reach({ membership, routes, isHeard }: Reached, now: Instant): void {
    if (this.ipam === undefined && this.names === undefined) return
    this.#now = now
    const { members } = membership
    const reachable = new Set<PeerName>()
    for (const { shortId, peerName } of members) if (routes.has(shortId)) reachable.add(peerName)
    const hasOtherMembers = membership.kind === 'certified' && members !== this.#members
    if (!hasOtherMembers && isHeard === this.#isHeard && isSameSet(reachable, this.#reached)) return
    this.#reached = reachable
    this.#isHeard = isHeard
    this.#members = members
    if (hasOtherMembers) this.ipam?.handle(describeMembers(membership), now)
    this.ipam?.handle({ kind: 'reachable', peers: isHeard || membership.kind === 'open' ? reachable : new Set() }, now)
    this.names?.reach(reachable, now)
    this.#perform()
  }

  #changeNames(change: NameChange): void {
    if (change.kind === 'remove') this.names?.remove(change.fits)
    else if (change.kind === 'judge') this.names?.judge(change.id, change.isHealthy)
    else if (this.names?.add(change.entry) === false) {
      const { name } = change.entry
      const message = 'this host has more names than it can tell the others of'
      this.#context.emit({ kind: 'log', level: 'error', message, fields: { name } })
    }
  }

  #isAnothers(publisher: PeerName, address: string): boolean {
    const parsed = parseIpAddress(address)
    return parsed.ok && this.ipam?.isAnothers(publisher, parsed.value) === true
  }

  #isRefused(publisher: PeerName, address: string): boolean {
    const parsed = parseIpAddress(address)
    return parsed.ok && this.ipam?.holderBesides(publisher, parsed.value) !== undefined
  }

  #heard(peer: PeerName, body: Uint8Array | undefined): void {
    this.ipam?.handle({ kind: 'heard', peer, body }, this.#now)
    this.#perform()
  }

  #peerOf(shortId: number): PeerName | undefined {
    const peer = this.#context.nameOf(shortId) ?? this.#heardAs.get(shortId)
    if (peer === undefined) return undefined
    this.#heardAs.set(shortId, peer)
    this.#numbers.set(peer, shortId)
    return peer
  }

  #recordOf(peer: PeerName): string | undefined {
    const shortId = this.#numbers.get(peer)
    const record = shortId === undefined ? undefined : this.#context.topics.recordOf(shortId, Topic.addresses)
    return record === undefined ? undefined : toBase64(record)
  }

  #perform(): void {
    const outputs = this.ipam?.drain() ?? []
    for (const output of outputs) this.#performIpam(output)
    for (const output of this.names?.drain() ?? []) this.#performNames(output)
    // What is recalled is heard, and what follows from it has to be stored later than all of the batch.
    for (const output of outputs) if (output.kind === 'recall') this.#recall(output)
  }

  #recall({ peer, record }: Extract<IpamOutput, { kind: 'recall' }>): void {
    const { topics, refusals } = this.#context
    const recalled = topics.recall(Topic.addresses, fromBase64(record))
    if (!recalled.ok) refusals.note(recalled.error, { peer })
  }

  #performNames(output: NamesOutput): void {
    const { emit, topics, refusals } = this.#context
    switch (output.kind) {
      case 'publish':
        return topics.publish(Topic.names, output.body)
      case 'store':
        return emit({ kind: 'store-names', text: output.text })
      case 'refused':
        return refusals.note(output.reason, { peer: output.peer })
      case 'log':
        return emit(output)
      default:
        return assertNever(output)
    }
  }

  #performIpam(output: IpamOutput): void {
    const { emit, topics } = this.#context
    switch (output.kind) {
      case 'publish':
        return topics.publish(Topic.addresses, output.body)
      case 'store':
        return emit({ kind: 'store-addresses', text: output.text })
      case 'answer':
        return emit({ kind: 'ipam-answer', ticket: output.ticket, answer: output.answer })
      case 'refused':
        return this.#context.refusals.note(output.reason, { peer: output.peer })
      case 'log':
        return emit(output)
      case 'recall':
        return
      default:
        return assertNever(output)
    }
  }
}

function isSameSet(a: ReadonlySet<PeerName>, b: ReadonlySet<PeerName> | undefined): boolean {
  if (a.size !== b?.size) return false
  for (const name of a) if (!b.has(name)) return false
  return true
}

function describeMembers(membership: Membership): Extract<IpamInput, { kind: 'members' }> {
  const members = membership.members.map(member => ({
    name: member.peerName,
    home: membership.rangesOf(member).map(rangeOf),
  }))
  return { kind: 'members', members, ranges: membership.addedRanges }
}
