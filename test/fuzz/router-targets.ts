import { strict as assert } from 'node:assert'
import type { Output, RouterMachine } from '../../src/core/router/index.ts'
import { createSigner } from '../../src/core/session/crypto.ts'
import { encodeMessage, type LinkMessage } from '../../src/core/wire/link-message.ts'
import { contextOf, TOPICS_MAX } from '../../src/core/wire/topic.ts'
import { bootRouter } from '../simulation/boot-router.ts'
import { SimulatedCluster, type SimulatedMember } from '../simulation/cluster.ts'
import { SeededRandom } from '../simulation/random.ts'
import { MESSAGES } from './decoder-targets.ts'
import type { FuzzTarget } from './targets.ts'

const OUTPUTS_MAX = 2_000
const LINK = 1
/** Time enough for every timer of a router to fire once. */
const LATER_MS = [100, 2_000, 12_000]

export const ROUTER_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'conversation',
    seeds: () => [conversation(MESSAGES), conversation(MESSAGES.slice(1, 9))],
    create: createTalk,
  },
  { name: 'lying-member', seeds: lies, create: createLie },
]

/** A member that says anything: each message is one byte of length, then kind and body. */
function createTalk(): (input: Uint8Array) => void {
  const cluster = new FuzzedCluster()
  return input => {
    const router = cluster.linkedRouter()
    for (let at = 0; at < input.length; ) {
      const length = Math.max(1, input[at] ?? 0)
      const body = input.subarray(at + 1, at + 1 + length)
      cluster.say(router, Buffer.concat([lengthOf(body), body]), at)
      at += 1 + length
    }
    cluster.live(router)
  }
}

/** A member that signs anything: the first byte is the topic, the rest is the record. */
function createLie(): (input: Uint8Array) => void {
  const cluster = new FuzzedCluster()
  return input => {
    const router = cluster.linkedRouter()
    const topic = (input[0] ?? 0) % TOPICS_MAX
    const record = cluster.sign(topic, input.subarray(1))
    cluster.say(router, encodeMessage({ kind: 'records', records: [{ topic, bytes: record }] }), 1)
    cluster.live(router)
    const [self, , third] = router.status(LATER_MS.at(-1) ?? 0).peers
    assert.equal(self?.nickname, 'a', 'says the router of itself')
    assert.equal(third?.isReachable, false, 'a peer that nobody has heard of')
  }
}

/** `a` is the router that is lied to, `b` the neighbour that lies, `c` is silent. */
class FuzzedCluster {
  readonly #random = new SeededRandom(9)
  readonly #cluster = new SimulatedCluster(this.#random)
  readonly #a = this.#cluster.addMember('a')
  readonly #b = this.#cluster.addMember('b')
  readonly #hello: Uint8Array
  readonly #manifest

  constructor() {
    this.#cluster.addMember('c')
    this.#manifest = this.#cluster.manifest()
    const liar = this.#boot(this.#b)
    this.#open(liar, this.#a)
    const sent = liar.drain().find((output): output is Output & { kind: 'link-send' } => output.kind === 'link-send')
    this.#hello = sent?.bytes ?? new Uint8Array(0)
  }

  /** `a`, to which `b` has introduced itself. */
  linkedRouter(): RouterMachine {
    const router = this.#boot(this.#a)
    this.#open(router, this.#b)
    router.handle({ kind: 'link-data', link: LINK, bytes: this.#hello }, 0)
    return router
  }

  say(router: RouterMachine, bytes: Uint8Array, now: number): void {
    router.handle({ kind: 'link-data', link: LINK, bytes }, now)
    check(router.drain())
  }

  live(router: RouterMachine): void {
    for (const now of LATER_MS) {
      router.advance(now)
      check(router.drain())
      assert.ok((router.deadline?.at ?? 0) > 0, 'wakes some time')
      router.status(now)
    }
  }

  /** As `b` does. */
  sign(topic: number, encoded: Uint8Array): Uint8Array {
    const signed = Buffer.concat([Buffer.from(contextOf(topic)), encoded])
    return Buffer.concat([encoded, createSigner(this.#b.seed).sign(signed)])
  }

  #boot(member: SimulatedMember): RouterMachine {
    const boot = { stored: { manifest: this.#manifest, targets: [] }, bootId: 1_000n, now: 0, wallClock: () => 0 }
    return bootRouter(member, boot, { cluster: this.#cluster, random: this.#random })
  }

  #open(router: RouterMachine, peer: SimulatedMember): void {
    const remote = { ip: peer.addresses[0] ?? '', port: 6783 }
    const { publicKey } = peer
    router.handle({ kind: 'link-opened', link: LINK, direction: 'outbound', remote, publicKey }, 0)
  }
}

function check(outputs: readonly Output[]): void {
  assert.ok(outputs.length <= OUTPUTS_MAX, `${outputs.length} outputs`)
  for (const output of outputs) {
    if (output.kind === 'log') assert.notEqual(output.level, 'error', output.message)
  }
}

function conversation(messages: readonly LinkMessage[]): Uint8Array {
  const bodies = messages.map(message => encodeMessage(message).subarray(4)).filter(({ length }) => length < 256)
  return Buffer.concat(bodies.map(body => Buffer.concat([Uint8Array.of(body.length), body])))
}

/** Records of `b` and of others, as `b` would have to forge them. */
function lies(): readonly Uint8Array[] {
  const [hello] = MESSAGES
  const record = hello?.kind === 'hello' ? hello.record : new Uint8Array(0)
  return [1, 2, 3].map(shortId => Uint8Array.from([0, 0, shortId, ...record.subarray(2)]))
}

function lengthOf(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, body.length)
  return bytes
}
