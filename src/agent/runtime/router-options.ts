import { randomBytes } from 'node:crypto'
import type { Endpoint } from '../../base/endpoint.ts'
import { fromBase64, type RouterOptions, type Trust } from '../../core/router/index.ts'
import type { Host } from '../host/load-host.ts'
import type { StateStore } from '../host/state-store.ts'

/** What the router is started with on this host. `peers`: targets beyond those of the configuration. */
export function routerOptionsOf(
  host: Host,
  store: StateStore,
  { peers, now }: { readonly peers: readonly Endpoint[]; readonly now: number },
): RouterOptions {
  const { config, identity } = host
  return {
    shortId: config.shortId,
    nickname: config.nickname,
    identitySeed: identity.seed,
    trust: trustOf(host),
    bootId: BigInt(Date.now()),
    port: config.listen.port,
    addresses: config.advertise,
    targets: [...store.targets(config.targets), ...peers],
    discovery: config.discovery,
    linksMax: host.kind === 'open' ? host.launch.connectionsMax : 0,
    mtu: config.bridge.mtu,
    ...(config.linkCosts === undefined ? {} : { linkCosts: config.linkCosts }),
    random: length => randomBytes(length),
    now,
    wallClock: () => Date.now(),
  }
}

function trustOf(host: Host): Trust {
  if (host.kind === 'open') return { kind: 'open' }
  return { kind: 'certified', clusterKey: fromBase64(host.config.clusterKey), manifest: host.manifest }
}
