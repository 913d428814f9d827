import { DirectPaths } from '../../../../src/core/mesh/direct-paths.ts'
import { Link } from '../../../../src/core/mesh/link.ts'
import type { Output } from '../../../../src/core/router/index.ts'
import { peerNameOf } from '../../../../src/core/router/index.ts'
import { Neighbours } from '../../../../src/core/router/neighbours.ts'
import { OpenMembership } from '../../../../src/core/router/open-membership.ts'
import { PathSizes } from '../../../../src/core/router/path-sizes.ts'
import { createSigner } from '../../../../src/core/session/crypto.ts'

const PEER = 2
const RELAY = 3

describe('the sizes of paths', () => {
  it('are measured once for each of two ways that frames for a peer take by turns', () => {
    const station = new Station()
    expect([station.measureOver(PEER), station.measureOver(RELAY)]).toEqual([true, true])
    // Some seconds later each is looked at once more.
    for (let i = 0; i < 3; i++) for (const way of [PEER, RELAY]) station.measureOver(way)
    for (let i = 0; i < 5; i++) {
      expect(station.measureOver(PEER)).toBe(false)
      expect(station.told()).toBe(1_472)
      expect(station.measureOver(RELAY)).toBe(false)
    }
  })

  it('are measured anew on a way that was left long ago', () => {
    const station = new Station()
    station.measureOver(PEER)
    station.measureOver(RELAY)
    station.now += 61_000
    expect(station.measureOver(PEER)).toBe(true)
  })
})

/** A router with two neighbours, one of which is the peer, on a network that takes datagrams of 1,472 bytes. */
class Station {
  now = 0
  readonly #outputs: Output[] = []
  readonly #sizes: PathSizes
  #nextHop = PEER

  constructor() {
    const neighbours = new Neighbours(1)
    const membership = new OpenMembership({ name: peerNameOf(keyOf(1)), shortId: 1 })
    for (const shortId of [PEER, RELAY]) {
      const remote = { ip: `10.0.0.${shortId}`, port: 6783 }
      const link = new Link({ id: shortId, direction: 'outbound', remote, now: 0 })
      link.greet(shortId, 1n, remote, 0)
      link.probeAnswered(1, 0)
      neighbours.add(link)
      neighbours.promote(link)
    }
    const head = { shortId: PEER, bootId: 1n, version: 1n, nickname: 'peer', port: 6783, addresses: [], links: [] }
    const key = keyOf(PEER)
    membership.learn({ ...head, name: peerNameOf(key), keyId: 1, publicKey: new Uint8Array(32) }, key)
    const context = {
      log: () => undefined,
      emit: (output: Output) => void this.#outputs.push(output),
      membership,
      neighbours,
      nextHopTo: (peer: number) => (peer === PEER ? this.#nextHop : peer),
      isLeft: () => false,
    }
    this.#sizes = new PathSizes(context, new DirectPaths(() => []))
  }

  /** Has frames for the peer go that way for a while. True when probes of that way were sent. */
  measureOver(nextHop: number): boolean {
    this.#nextHop = nextHop
    const probes = Array.from({ length: 40 }, () => this.#answerAll()).flat()
    return probes.length > 0
  }

  /** What the data plane takes for the size now. */
  told(): number | undefined {
    const sizes = this.#outputs.flatMap(output => (output.kind === 'path-size' && output.peer === PEER ? [output] : []))
    return sizes.at(-1)?.datagramBytes
  }

  #answerAll(): readonly Output[] {
    const from = this.#outputs.length
    this.#sizes.tend(this.now)
    const sent = this.#outputs.slice(from).filter(output => output.kind === 'probe' && output.peer === PEER)
    for (const output of sent) {
      if (output.kind !== 'probe' || (output.probe.datagramBytes ?? 0) > 1_472) continue
      this.#sizes.answered(PEER, output.probe.sequence, this.now + 1)
    }
    this.now += 200
    return sent
  }
}

function keyOf(shortId: number): Uint8Array {
  return createSigner(new Uint8Array(32).fill(shortId)).publicKey
}
