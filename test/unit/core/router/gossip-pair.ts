import { Announcements } from '../../../../src/core/router/announcements.ts'
import type { RouterOptions } from '../../../../src/core/router/api.ts'
import { bootIdAbove } from '../../../../src/core/router/boot-id.ts'
import { CertifiedMembership, verifyManifest } from '../../../../src/core/router/certified-membership.ts'
import type { Membership } from '../../../../src/core/router/membership.ts'
import { Topics } from '../../../../src/core/router/topics.ts'
import { SimulatedCluster } from '../../../simulation/cluster.ts'
import { SeededRandom } from '../../../simulation/random.ts'

export interface GossipNode {
  readonly announcements: Announcements
  readonly topics: Topics
  readonly membership: Membership
  readonly flushes: number[]
}

/** What two members of a cluster know of each other, and nothing else of a router. */
export function startPair(): { cluster: SimulatedCluster; start: (shortId: 1 | 2, bootId?: bigint) => GossipNode } {
  const cluster = new SimulatedCluster(new SeededRandom(1))
  cluster.addMember('a')
  cluster.addMember('b')
  const manifest = cluster.manifest()
  const verified = verifyManifest(manifest, cluster.clusterKey)
  if (!verified.ok) throw new Error(verified.error)
  return {
    cluster,
    start: (shortId, bootId = 1n) => {
      const member = cluster.members[shortId - 1]
      const membership = new CertifiedMembership(manifest, verified.value, cluster.clusterKey)
      const random = () => new Uint8Array(3).fill(Number(bootId))
      const options = { shortId, identitySeed: member?.seed, bootId, random, nickname: 'x', port: 1, addresses: [] }
      const announcements = new Announcements(options as unknown as RouterOptions, membership, () => false)
      const flushes: number[] = []
      return { announcements, membership, flushes, topics: new Topics(shortId, announcements, () => flushes.push(1)) }
    },
  }
}

/** Takes over all that `from` holds, as from a neighbour. */
export function tellAll(from: GossipNode, to: GossipNode): readonly string[] {
  return from.announcements.store.all().map(record => {
    const accepted = to.announcements.accept(record)
    if (!accepted.ok) return accepted.error
    if (accepted.value.kind === 'merged') to.topics.merged(accepted.value.shortId, accepted.value.topic)
    if (accepted.value.kind === 'own') {
      const { bootId, topic } = accepted.value
      const own = to.announcements.bootId
      if (bootId >= own) to.announcements.outdo(bootIdAbove(bootId, own) ?? own)
      to.topics.outdo(topic)
    }
    return accepted.value.kind
  })
}
