import { type Candidate, cableAddress, hostRoutes } from '../candidate.ts'
import { spawnDaemons } from '../daemons.ts'

const NETWORK = '10.8.0'
const HOSTS = ['a', 'b', 'c'] as const
type Edge = (typeof HOSTS)[number]
const SUPERNODE_PORT = '7654'

/** It carries no larger packets, whatever fits on the cable: with 1,600 and more, pings pass and streams do not. */
const MTU_MAX = 1500

/** Edges on one cable find each other; others are relayed by the supernode, on `b`. */
export const n2n: Candidate = {
  name: 'n2n',
  kind: 'peer',
  about:
    'Ethernet, Twofish, host to host; the supernode on b relays; its packets have 1,500 bytes at most, also where the MTU is 9000',
  isSealed: true,
  async start(lab, underlayMtu) {
    const supernode = spawnDaemons(lab, 'supernode', ['b'], () => ['supernode', '-l', SUPERNODE_PORT])
    const mtu = underlayMtu === 1500 ? [] : ['-M', String(Math.min(underlayMtu - 100, MTU_MAX))]
    const edges = spawnDaemons(lab, 'edge', HOSTS, (host, i) => [
      'edge',
      ...['-d', `n2n${host}`, '-a', `${NETWORK}.${i + 1}`, '-s', '255.255.255.0', '-c', 'bench', '-k', 'only-a-bench'],
      ...['-l', `${host === 'b' ? cableAddress('b', 'a') : cableAddress('b', host)}:${SUPERNODE_PORT}`],
      ...['-m', `02:6e:32:6e:00:0${i + 1}`, '-u', '0', '-g', '0', ...mtu],
    ])
    const routes = hostRoutes(host => `${NETWORK}.${HOSTS.indexOf(host as Edge) + 1}`, ['direct', 'one relay'])
    return { routes, daemons: new Map([...edges, ...supernode]) }
  },
}
