import { emptyFastPathTable } from '../../src/core/mesh/fast-path-table.ts'
import { createRouter, type RouterMachine, type RouterOptions } from '../../src/core/router/index.ts'
import { network } from './address-world.ts'
import { CONTAINERS, type SimulatedCluster, type SimulatedMember } from './cluster.ts'
import type { SeededRandom } from './random.ts'
import type { StoredState } from './simulated-host.ts'

export interface Boot {
  readonly stored: Readonly<StoredState>
  readonly bootId: bigint
  /** By the host's clock. */
  readonly now: number
  readonly wallClock: () => number
}

export interface BootContext {
  readonly cluster: SimulatedCluster
  readonly random: SeededRandom
  readonly hasTopics?: boolean | undefined
  readonly trusted?: readonly string[] | undefined
  readonly hasTunnels?: boolean | undefined
  readonly linkCosts?: Readonly<Record<string, number>> | undefined
}

/** A router as the agent of `member` starts it. */
export function bootRouter(
  member: SimulatedMember,
  boot: Boot,
  { cluster, random, linkCosts, hasTopics, trusted = [], hasTunnels }: BootContext,
): RouterMachine {
  const shortId = cluster.numberOf(member)
  const tunnel = { publicKey: new Uint8Array(32).fill(shortId), port: 6785 }
  return createRouter({
    shortId: boot.stored.shortId ?? shortId,
    nickname: member.name,
    identitySeed: member.seed,
    trust: cluster.isOpen
      ? { kind: 'open' }
      : { kind: 'certified', clusterKey: cluster.clusterKey, manifest: boot.stored.manifest },
    bootId: boot.bootId,
    port: 6783,
    addresses: member.addresses,
    targets: boot.stored.targets,
    discovery: true,
    mtu: 1376,
    random: length => random.bytes(length),
    now: boot.now,
    wallClock: boot.wallClock,
    ...(linkCosts === undefined ? {} : { linkCosts }),
    ...(hasTopics === true ? topicsOf(boot) : {}),
    ...(hasTopics === true || trusted.length > 0
      ? {
          fastPath: {
            trusted: trusted.map(network),
            adopted: emptyFastPathTable(shortId),
            ...(hasTunnels === true ? { tunnel } : {}),
          },
        }
      : {}),
  })
}

function topicsOf({ stored }: Boot): Pick<RouterOptions, 'ipam' | 'names'> {
  const space = { universe: [network(CONTAINERS)], commons: [], reserved: [], initial: { kind: 'manifest' } as const }
  return {
    ipam: { ...space, order: 'lowest', stored: stored.addresses },
    names: { stored: stored.names },
  }
}
