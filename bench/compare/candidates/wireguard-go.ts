import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentLab } from '../../../test/system/agent/agent-lab.ts'
import { eventually } from '../../../test/system/agent/agent-lab.ts'
import { type Candidate, CHAIN, type ChainHost, cableAddress, hostRoutes, neighboursOf } from '../candidate.ts'
import { spawnDaemons } from '../daemons.ts'
import { forward, must } from './kernel.ts'

const NETWORK = '10.5.0'
const OVERHEAD = 80

/** A relay opens what it passes on, and seals it anew: it has no end-to-end relaying. */
export const wireguardGo: Candidate = {
  name: 'wireguard-go',
  kind: 'peer',
  about: 'IP, ChaCha20-Poly1305, host to host; relays open and route',
  isSealed: true,
  async start(lab, underlayMtu) {
    const keys = new Map(CHAIN.map(host => [host, keyPair(lab, host)]))
    const daemons = spawnDaemons(lab, 'wireguard-go', CHAIN, host => ['wireguard-go', '-f', deviceOf(host)])
    for (const [i, host] of CHAIN.entries()) {
      const device = deviceOf(host)
      await eventually(5000, async () => {
        const { exitCode } = await lab.on(host, 'ip', 'link', 'show', device)
        return exitCode === 0 || `${device} is not there`
      })
      const peers = neighboursOf(host).flatMap(other => peerOf(host, other, keys.get(other)?.publicKey ?? ''))
      const own = ['private-key', keys.get(host)?.file ?? '', 'listen-port', '51820']
      await must(lab, host, 'wg', 'set', device, ...own, ...peers)
      await must(lab, host, 'ip', 'address', 'add', `${NETWORK}.${i + 1}/24`, 'dev', device)
      await must(lab, host, 'ip', 'link', 'set', device, 'mtu', String(underlayMtu - OVERHEAD), 'up')
      await forward(lab, host)
    }
    return { routes: hostRoutes(host => `${NETWORK}.${CHAIN.indexOf(host) + 1}`), daemons }
  },
}

/** Its control sockets share one folder of the machine, whatever the namespace. */
function deviceOf(host: string): string {
  return `wg${process.pid % 10_000}${host}`
}

function keyPair(lab: AgentLab, host: string): { readonly file: string; readonly publicKey: string } {
  const privateKey = execFileSync('wg', ['genkey'], { encoding: 'utf8' })
  const publicKey = execFileSync('wg', ['pubkey'], { input: privateKey, encoding: 'utf8' }).trim()
  const file = join(lab.folder, `wg-${host}.key`)
  writeFileSync(file, privateKey, { mode: 0o600 })
  return { file, publicKey }
}

/** All hosts that lie in the neighbour's direction are behind it. */
function peerOf(host: ChainHost, other: ChainHost, publicKey: string): readonly string[] {
  const isAhead = CHAIN.indexOf(other) > CHAIN.indexOf(host)
  const behind = CHAIN.flatMap((_, i) => {
    const liesThere = isAhead ? i >= CHAIN.indexOf(other) : i <= CHAIN.indexOf(other)
    return liesThere ? [`${NETWORK}.${i + 1}/32`] : []
  })
  const endpoint = `${cableAddress(other, host)}:51820`
  return ['peer', publicKey, 'allowed-ips', behind.join(','), 'endpoint', endpoint]
}
