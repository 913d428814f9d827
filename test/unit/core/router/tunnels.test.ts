import { ipAddressOfIpv4 } from '../../../../src/base/ip-address.ts'
import type { FastLink } from '../../../../src/core/mesh/fast-link.ts'
import { tunnelAddressOf } from '../../../../src/core/mesh/tunnel-address.ts'
import type { Output } from '../../../../src/core/router/api.ts'
import { Tunnels } from '../../../../src/core/router/tunnels.ts'
import { Topic } from '../../../../src/core/wire/topic.ts'
import { decodeTunnelNotice, encodeTunnelNotice } from '../../../../src/core/wire/tunnel-notice.ts'
import { addressOf } from './fast-path-world.ts'

const SELF = 1
const key = (fill: number) => new Uint8Array(32).fill(fill)

describe('the tunnels of a router', () => {
  it('lead to peers that have a device, at an address that follows from their number', () => {
    const world = new World()
    expect(world.tunnels.addressOf(2)).toBeUndefined()
    world.says(2, [])
    expect(world.tunnels.addressOf(2)).toBe(ipAddressOfIpv4(tunnelAddressOf(2)))
  })

  it('are announced with the device’s key and the peers that answer inside', () => {
    const world = new World()
    world.tunnels.announce([link(3), link(2), { ...link(4), address: addressOf(4) }], new Map())
    expect(decodeTunnelNotice(world.published ?? key(0))).toEqual({ publicKey: key(9), port: 6785, neighbours: [2, 3] })
  })

  it('count when the other end has proved them too', () => {
    const world = new World()
    world.says(2, [SELF])
    world.says(3, [2])
    expect(world.tunnels.proved([link(3), link(2)])).toEqual([2])
  })

  it('are given to the device with the pair key, where the peer is reached outside', () => {
    const world = new World()
    world.says(2, [])
    world.tunnels.announce([], new Map([[2, '192.0.2.2']]))
    expect(world.arrange([link(2)])).toEqual({
      kind: 'tunnels',
      self: tunnelAddressOf(SELF),
      peers: [
        {
          address: tunnelAddressOf(2),
          publicKey: key(2),
          presharedKey: key(0x20),
          endpoint: { ip: '192.0.2.2', port: 6785 },
        },
      ],
      kept: [],
    })
  })

  it('keep their place while the sleeve does not find the peer, and take its renewed key', () => {
    const world = new World()
    world.says(2, [])
    world.tunnels.announce([], new Map([[2, '192.0.2.2']]))
    world.arrange([link(2)])
    world.tunnels.announce([], new Map())
    world.pairKeys.set(2, key(0x21))
    expect(world.arrange([link(2)]).peers).toMatchObject([
      { presharedKey: key(0x21), endpoint: { ip: '192.0.2.2', port: 6785 } },
    ])
  })

  it('stay as the kernel has them while nothing is known of the peer', () => {
    const world = new World()
    expect(world.arrange([link(2)])).toMatchObject({ peers: [], kept: [tunnelAddressOf(2)] })
    world.says(2, [])
    expect(world.arrange([link(2)]).kept).toEqual([])
    world.bodies.delete(2)
    expect(world.arrange([link(2)]).peers).toHaveLength(1)
    expect(world.arrange([])).toMatchObject({ peers: [], kept: [] })
  })

  it('bear what is no notice', () => {
    const world = new World()
    world.bodies.set(2, Uint8Array.of(1, 2, 3))
    expect(world.tunnels.addressOf(2)).toBeUndefined()
    expect(world.tunnels.hasProved(2)).toBe(false)
  })
})

/** What the tunnels see of the router around them. */
class World {
  readonly bodies = new Map<number, Uint8Array>()
  readonly pairKeys = new Map([[2, key(0x20)]])
  readonly tunnels: Tunnels
  published: Uint8Array | undefined
  #last: Output | undefined

  constructor() {
    const context = {
      options: { shortId: SELF },
      sessions: { pairKey: (peer: number) => this.pairKeys.get(peer) },
      topics: {
        bodyOf: (peer: number, topic: number) => (topic === Topic.tunnel ? this.bodies.get(peer) : undefined),
        publish: (_: number, body: Uint8Array) => {
          this.published = body
        },
      },
      emit: (output: Output) => {
        this.#last = output
      },
    } as unknown as ConstructorParameters<typeof Tunnels>[0]
    this.tunnels = new Tunnels(context, { publicKey: key(9), port: 6785 })
  }

  says(peer: number, neighbours: readonly number[]): void {
    this.bodies.set(peer, encodeTunnelNotice({ publicKey: key(peer), port: 6785, neighbours }))
  }

  arrange(links: readonly FastLink[]): Extract<Output, { kind: 'tunnels' }> {
    this.tunnels.arrange(links)
    if (this.#last?.kind !== 'tunnels') throw new Error('nothing was arranged')
    return this.#last
  }
}

function link(peer: number): FastLink {
  const address = ipAddressOfIpv4(tunnelAddressOf(peer))
  const state = {
    isOpen: true,
    changedAt: 0,
    roundTripMs: undefined,
    losses: 0,
    isNarrow: false,
    quality: { cost: 8, loss: 0 },
    isUnhurried: false,
    answerWithinMs: 30,
  }
  return { peer, address, candidates: [address], ...state }
}
