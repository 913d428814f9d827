import type { ClusterFacts } from '../../../../src/provision/examine/disorder.ts'
import type { Examination, ExaminedPeer, ExaminedRouter } from '../../../../src/provision/examine/examination.ts'
import type { Reach, WholeHost } from '../../../../src/provision/examine/whole-host.ts'
import { docker } from '../change/surveys.ts'
import { host, planned } from '../inventories.ts'

/** What the tests of the doctor start from: two hosts, `a` and `b`, that are as they should be. */

export const FILES = { '/etc/network/interfaces': 'source /etc/network/interfaces.d/*\n' }

export function peer(nickname: string, settings: Partial<ExaminedPeer> = {}): ExaminedPeer {
  const path = { kind: 'direct', reason: 'there is a link' }
  return {
    name: `name-${nickname}`,
    nickname,
    isSelf: false,
    isReachable: true,
    nextHop: null,
    path,
    twins: null,
    ...settings,
  }
}

export function router(settings: Partial<ExaminedRouter> = {}): ExaminedRouter {
  return {
    version: '0.1.0',
    name: 'name-a',
    shortId: 1,
    clusterId: 'c1',
    manifestVersion: 3,
    connections: [],
    peers: [peer('a'), peer('b')],
    refused: {},
    ...settings,
  }
}

export function reach(name: string, settings: Partial<Reach> = {}): Reach {
  return { host: name, address: '192.0.2.2', port: 6783, tcp: 'open', answers: true, carries: 1454, ...settings }
}

export function whole(settings: Partial<WholeHost> = {}): WholeHost {
  return {
    bridge: { exists: true, addresses: ['10.2.0.1/16'], mtu: 1376, ports: ['weave-tap'], isKnown: true },
    networkTool: 'ifupdown',
    listens: { tcp: true, udp: true },
    docker: docker([]),
    containers: [],
    dockerCommand: '/usr/sbin/dockerd -H fd://',
    overlaps: [],
    firewall: { iptables: '-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n' },
    nft: '',
    switches: { 'net/ipv4/ip_forward': 1, 'net/bridge/bridge-nf-call-iptables': 1 },
    secretModes: { '/var/lib/weave/identity.pem': '0600' },
    files: FILES,
    interfaceFiles: ['weave'],
    config: { shortId: 1, subnet: '10.2.0.0/16', containerRange: '10.2.1.0/24', clusterId: 'c1', mtu: 1376 },
    passwordInArgv: [],
    reaches: [reach('b')],
    ...settings,
  }
}

export function examination(settings: Partial<Examination> = {}): Examination {
  return {
    isInstalled: true,
    clockOffsetSeconds: 0,
    release: 'r1',
    pending: {},
    halfWritten: [],
    services: { weave: { isActive: true, isEnabled: true }, docker: { isActive: true, isEnabled: true } },
    router: router(),
    isLocked: false,
    whole: whole(),
    log: '',
    ...settings,
  }
}

/** Of host `b`, as it sees `a`. */
export function other(): Examination {
  return examination({
    router: router({ name: 'name-b', shortId: 2 }),
    whole: whole({
      bridge: { exists: true, addresses: ['10.2.0.2/16'], mtu: 1376, ports: [], isKnown: true },
      docker: docker([], { network: { bridge: 'weave', subnets: ['10.2.0.0/16'], range: '10.2.2.0/24' } }),
      config: { shortId: 2, subnet: '10.2.0.0/16', containerRange: '10.2.2.0/24', clusterId: 'c1', mtu: 1376 },
      reaches: [reach('a', { address: '192.0.2.1' })],
    }),
  })
}

export function cluster(a: Examination | undefined, settings: Partial<ClusterFacts> = {}): ClusterFacts {
  const plan = planned([
    host('a', { underlayAddresses: ['192.0.2.1'] }),
    host('b', { underlayAddresses: ['192.0.2.2'] }),
  ])
  return {
    plan: { ...plan, lock: { ...plan.lock, cluster: { id: 'c1', publicKey: 'k' } } },
    examinations: new Map([...(a === undefined ? [] : [['a', a] as const]), ['b', other()]]),
    silent: new Map(),
    release: 'r1',
    manifestVersion: 3,
    unfinished: undefined,
    ...settings,
  }
}
