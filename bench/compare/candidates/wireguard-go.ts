import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentLab } from '../../../test/system/agent/agent-lab.ts'
import { eventually } from '../../../test/system/eventually.ts'
import { type Candidate, CHAIN, type ChainHost, cableAddress, hostRoutes, neighboursOf } from '../candidate.ts'
import { type Daemons, spawnDaemons } from '../daemons.ts'
import { GIVEN_WIREGUARD_GO } from '../ratios.ts'
import { forward, must } from './kernel.ts'

const OVERHEAD = 80

export const wireguardGo = wireguardCandidate({
  name: 'wireguard-go',
  kind: 'peer',
  about: 'IP, ChaCha20-Poly1305, host to host; relays open and route',
  program: 'wireguard-go',
  network: '10.5.0',
  devicePrefix: 'wg',
  port: '51820',
})

/** Of which no package is: it is compared with by itself, and is not among the peers from apt of which the best is taken. */
export function givenWireguardGo(program: string): Candidate {
  return wireguardCandidate({
    name: GIVEN_WIREGUARD_GO,
    kind: 'reference',
    about: `as wireguard-go, by the program that was given with --wireguard-go: ${program}`,
    program,
    network: '10.9.0',
    devicePrefix: 'wo',
    port: '51821',
  })
}

interface WireguardPlan extends Pick<Candidate, 'name' | 'kind' | 'about'> {
  readonly program: string
  /** Of `/24`; the hosts count from 1. */
  readonly network: string
  readonly devicePrefix: string
  readonly port: string
}

/** A relay opens what it passes on, and seals it anew: it has no end-to-end relaying. */
function wireguardCandidate(plan: WireguardPlan): Candidate {
  const { name, kind, about, network } = plan
  const start: Candidate['start'] = async (lab, underlayMtu) => {
    const daemons = await startWireguard(plan, lab, underlayMtu)
    return { routes: hostRoutes(host => `${network}.${CHAIN.indexOf(host) + 1}`), daemons }
  }
  return { name, kind, about, isSealed: true, start }
}

async function startWireguard(plan: WireguardPlan, lab: AgentLab, underlayMtu: number): Promise<Daemons> {
  const { name, program, network, port } = plan
  const keys = new Map(CHAIN.map(host => [host, keyPair(plan, lab, host)]))
  const daemons = spawnDaemons(lab, name, CHAIN, host => [program, '-f', deviceOf(plan, host)])
  for (const [i, host] of CHAIN.entries()) {
    const device = deviceOf(plan, host)
    await eventually(5000, async () => {
      const { exitCode } = await lab.on(host, 'ip', 'link', 'show', device)
      return exitCode === 0 || `${device} is not there`
    })
    const peers = neighboursOf(host).flatMap(other =>
      peerOf(plan, { host, other, publicKey: keys.get(other)?.publicKey ?? '' }),
    )
    const own = ['private-key', keys.get(host)?.file ?? '', 'listen-port', port]
    await must(lab, host, 'wg', 'set', device, ...own, ...peers)
    await must(lab, host, 'ip', 'address', 'add', `${network}.${i + 1}/24`, 'dev', device)
    await must(lab, host, 'ip', 'link', 'set', device, 'mtu', String(underlayMtu - OVERHEAD), 'up')
    await forward(lab, host)
  }
  return daemons
}

/** Its control sockets share one folder of the machine, whatever the namespace. */
function deviceOf({ devicePrefix }: WireguardPlan, host: string): string {
  return `${devicePrefix}${process.pid % 10_000}${host}`
}

function keyPair(
  { devicePrefix }: WireguardPlan,
  lab: AgentLab,
  host: string,
): { readonly file: string; readonly publicKey: string } {
  const privateKey = execFileSync('wg', ['genkey'], { encoding: 'utf8' })
  const publicKey = execFileSync('wg', ['pubkey'], { input: privateKey, encoding: 'utf8' }).trim()
  const file = join(lab.folder, `${devicePrefix}-${host}.key`)
  writeFileSync(file, privateKey, { mode: 0o600 })
  return { file, publicKey }
}

/** All hosts that lie in the neighbour's direction are behind it. */
function peerOf(
  { network, port }: WireguardPlan,
  { host, other, publicKey }: { host: ChainHost; other: ChainHost; publicKey: string },
): readonly string[] {
  const isAhead = CHAIN.indexOf(other) > CHAIN.indexOf(host)
  const behind = CHAIN.flatMap((_, i) => {
    const liesThere = isAhead ? i >= CHAIN.indexOf(other) : i <= CHAIN.indexOf(other)
    return liesThere ? [`${network}.${i + 1}/32`] : []
  })
  const endpoint = `${cableAddress(other, host)}:${port}`
  return ['peer', publicKey, 'allowed-ips', behind.join(','), 'endpoint', endpoint]
}
