import type { ConnectionStatus, RouterStatus } from '../../core/router/index.ts'
import type { DataPathReport } from '../datapath/messages.ts'
import { factsOf } from '../report/connection-facts.ts'
import type { Metric, Sample } from './metric.ts'

/** The router's own numbers; those that Weave had keep its names (rows MET-01, MET-02). */
export function routerMetrics(router: RouterStatus): readonly Metric[] {
  const others = router.peers.filter(peer => !peer.isSelf)
  const reachable = others.filter(peer => peer.isReachable).length
  const nicknames = router.connections.flatMap(connection => roundTrip(connection))
  return [
    {
      name: 'weave_connections',
      help: 'Connections to peers, by state and path.',
      type: 'gauge',
      samples: countConnections(router.connections),
    },
    {
      name: 'weave_peers',
      help: 'Peers of this router, by whether they can be reached.',
      type: 'gauge',
      samples: [
        { labels: { state: 'reachable' }, value: reachable },
        { labels: { state: 'unreachable' }, value: others.length - reachable },
      ],
    },
    {
      name: 'weave_connection_round_trip_seconds',
      help: 'Round trip of the last probe on each established connection.',
      type: 'gauge',
      samples: nicknames,
    },
    {
      name: 'weave_path_mtu_bytes',
      help: 'Largest frame, without its Ethernet header, that goes to a peer in one datagram, as measured.',
      type: 'gauge',
      samples: others.flatMap(({ name, nickname, path }) =>
        path?.mtu === undefined ? [] : [{ labels: { peer: name, nickname }, value: path.mtu }],
      ),
    },
    {
      name: 'weave_path_changes_total',
      help: 'How often frames came to take another path to a peer: between fast path and sleeve, or another way of the same.',
      type: 'counter',
      samples: [
        { labels: { change: 'path' }, value: router.fastPath?.changes ?? 0 },
        { labels: { change: 'way' }, value: router.wayChanges + (router.fastPath?.wayChanges ?? 0) },
      ],
    },
    {
      name: 'weave_control_refused_total',
      help: 'What other routers said and this one did not take, by reason.',
      type: 'counter',
      samples: samplesByReason(router.refused),
    },
    {
      name: 'weave_manifest_version',
      help: 'Version of the cluster manifest in force.',
      type: 'gauge',
      samples: [{ value: router.manifestVersion }],
    },
  ]
}

/** `refused`: connections from others, by reason. */
export function admissionMetrics(refused: Readonly<Record<string, number>>): readonly Metric[] {
  return [
    {
      name: 'weave_connections_refused_total',
      help: 'Connections from others that were not let in, by reason.',
      type: 'counter',
      samples: samplesByReason(refused),
    },
  ]
}

function samplesByReason(counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([reason, value]) => ({ labels: { reason }, value }))
}

/** One sample for each state, present or not, so that an alert has something to look at. */
function countConnections(connections: readonly ConnectionStatus[]): readonly Sample[] {
  const states: readonly ConnectionStatus['state'][] = ['established', 'pending', 'retrying', 'failed', 'connecting']
  return states.flatMap(state => {
    const samples = new Map<string, { readonly labels: Record<string, string>; readonly value: number }>()
    for (const connection of connections.filter(one => one.state === state)) {
      const labels = labelsOf(connection)
      const key = Object.values(labels).join()
      samples.set(key, { labels, value: (samples.get(key)?.value ?? 0) + 1 })
    }
    const usual = state === 'established' ? 'sleeve' : ''
    if ([...samples.values()].some(({ labels }) => labels.type === usual)) return [...samples.values()]
    return [{ labels: { state, type: usual, encryption: '' }, value: 0 }, ...samples.values()]
  })
}

/** One peer's frames may be sealed while another's are not. */
function labelsOf(connection: ConnectionStatus): Record<string, string> {
  const facts = connection.state === 'established' ? factsOf(connection) : undefined
  return { state: connection.state, type: facts?.name ?? '', encryption: facts?.isEncrypted === true ? 'yes' : '' }
}

function roundTrip({ peer, roundTripMs }: ConnectionStatus): readonly Sample[] {
  if (peer === undefined || roundTripMs === undefined) return []
  return [{ labels: { peer: peer.name, nickname: peer.nickname }, value: roundTripMs / 1000 }]
}

const FITTED = [
  ['sent_in_parts', 'sentInParts'],
  ['joined_from_parts', 'joinedFromParts'],
  ['cut_smaller', 'cutSmaller'],
  ['clamped', 'clamped'],
  ['told', 'toldTooBig'],
  ['untold', 'untoldTooBig'],
] as const

const MACS = [
  ['moved', 'macsMoved'],
  ['held', 'macsHeld'],
  ['forgotten', 'macsForgotten'],
] as const

/** What went over the data path, and what was dropped for which reason. */
export function dataPathMetrics({ forwarder, pump }: DataPathReport): readonly Metric[] {
  const drops = Object.entries(forwarder).filter(([name]) => name.startsWith('dropped'))
  return [
    {
      name: 'weave_frames_total',
      help: 'Ethernet frames on the data path, by what was done with them.',
      type: 'counter',
      samples: (['captured', 'injected', 'relayed', 'flooded'] as const).map(what => ({
        labels: { action: what },
        value: forwarder[what],
      })),
    },
    {
      name: 'weave_path_mtu_frames_total',
      help: 'Frames that were fitted to the path, by what was done with them or said of them.',
      type: 'counter',
      samples: FITTED.map(([action, counter]) => ({ labels: { action }, value: forwarder[counter] })),
    },
    {
      name: 'weave_mac_changes_total',
      help: 'Ethernet addresses that went to another peer, were held for theirs, or were forgotten because there were too many.',
      type: 'counter',
      samples: MACS.map(([action, counter]) => ({ labels: { action }, value: forwarder[counter] })),
    },
    {
      name: 'weave_dropped_total',
      help: 'Frames and datagrams that were dropped, by reason.',
      type: 'counter',
      samples: drops.map(([name, value]) => ({ labels: { reason: reasonOf(name) }, value })),
    },
    {
      name: 'weave_datagrams_total',
      help: 'Datagrams of the sleeve, by direction.',
      type: 'counter',
      samples: [
        { labels: { direction: 'received' }, value: pump.datagramsReceived },
        { labels: { direction: 'sent' }, value: pump.datagramsSent },
        { labels: { direction: 'refused' }, value: pump.datagramsRefused },
      ],
    },
  ]
}

/** `droppedUnknownKey` is `unknown_key`. */
function reasonOf(counter: string): string {
  return counter
    .slice('dropped'.length)
    .replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? '' : '_'}${letter.toLowerCase()}`)
}
