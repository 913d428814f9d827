import { SetCosts } from '../../../../src/core/router/set-costs.ts'
import type { TopicListener } from '../../../../src/core/router/topics.ts'
import { decodeLinkCosts, encodeLinkCosts } from '../../../../src/core/wire/link-costs.ts'

const SELF = 1
type Context = ConstructorParameters<typeof SetCosts>[0]

describe('what operators say that the way to a peer costs', () => {
  it('is the higher of what both ends say', () => {
    const world = new World({ 'host-2': 500, 'host-3': 20 })
    world.says(2, { [SELF]: 16 })
    world.says(3, { [SELF]: 32, 2: 9 })
    world.says(4, { [SELF]: 8, 3: 700 })
    expect(new Map(world.costs.all)).toEqual(
      new Map([
        [2, 500],
        [3, 32],
        [4, 8],
      ]),
    )
    expect([2, 3, 4, 5].map(peer => world.costs.isPriced(peer))).toEqual([true, true, false, false])
    expect([2, 3, 4].map(peer => world.costs.own(peer))).toEqual([500, 20, undefined])
  })

  it('is told to all, of members only, and by nobody who has nothing to say', () => {
    const world = new World({ 'host-3': 20, 'host-2': 500, 'host-1': 3, 'host-99': 9 })
    world.costs.announce()
    expect(decodeLinkCosts(world.published[0]!)).toEqual(
      new Map([
        [2, 500],
        [3, 20],
      ]),
    )
    const silent = new World(undefined)
    silent.costs.announce()
    expect(silent.published).toEqual([])
  })

  it('goes with the peer that said it, and when that says it no more', () => {
    const world = new World(undefined)
    for (const peer of [2, 3, 4]) world.says(peer, { [SELF]: 500 })
    world.says(2, {})
    world.hears(3, undefined)
    world.hears(4, Uint8Array.of(1))
    expect(world.costs.all.size).toBe(0)
    expect(world.refused).toEqual(['costs of links that cannot be read'])
  })
})

class World {
  readonly published: Uint8Array[] = []
  readonly refused: string[] = []
  readonly costs: SetCosts
  #listener: TopicListener = () => undefined

  constructor(linkCosts: Readonly<Record<string, number>> | undefined) {
    this.costs = new SetCosts({
      options: { shortId: SELF, linkCosts },
      membership: {
        members: [1, 2, 3, 4].map(shortId => ({ shortId })),
        host: (peer: number) => (peer <= 4 ? { host: `host-${peer}` } : undefined),
      },
      topics: {
        listen: (_: number, listener: TopicListener) => {
          this.#listener = listener
        },
        publish: (_: number, body: Uint8Array) => this.published.push(body),
      },
      refusals: { note: (reason: string) => this.refused.push(reason) },
    } as unknown as Context)
  }

  says(peer: number, costs: Readonly<Record<number, number>>): void {
    this.hears(peer, encodeLinkCosts(new Map(Object.entries(costs).map(([of, cost]) => [Number(of), cost]))))
  }

  hears(peer: number, body: Uint8Array | undefined): void {
    this.#listener(peer, body)
  }
}
