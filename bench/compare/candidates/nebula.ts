import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Candidate, cableAddress, hostRoutes } from '../candidate.ts'
import { spawnDaemons } from '../daemons.ts'

const NETWORK = '10.3.0'
const HOSTS = ['a', 'b', 'c'] as const
type NebulaHost = (typeof HOSTS)[number]

/** Its relays do not chain: a path has one at most. */
export const nebula: Candidate = {
  name: 'nebula',
  kind: 'peer',
  about: 'IP, AES-256-GCM, host to host; b is lighthouse and relay',
  isSealed: true,
  async start(lab, underlayMtu) {
    const folder = join(lab.folder, 'nebula')
    mkdirSync(folder)
    const cert = (...args: readonly string[]) => execFileSync('nebula-cert', [...args], { cwd: folder })
    cert('ca', '-name', 'bench')
    const addressOf = (host: string) => `${NETWORK}.${HOSTS.indexOf(host as NebulaHost) + 1}`
    for (const host of HOSTS) {
      cert('sign', '-name', host, '-ip', `${addressOf(host)}/24`)
      writeFileSync(join(folder, `${host}.yml`), configOf(host, { folder, underlayMtu }))
    }
    const pids = spawnDaemons(lab, 'nebula', HOSTS, host => ['nebula', '-config', join(folder, `${host}.yml`)])
    return { routes: hostRoutes(addressOf, ['direct', 'one relay']), pids }
  },
}

function configOf(host: NebulaHost, { folder, underlayMtu }: { folder: string; underlayMtu: number }): string {
  const middle = `${NETWORK}.2`
  const isMiddle = host === 'b'
  return JSON.stringify({
    pki: { ca: join(folder, 'ca.crt'), cert: join(folder, `${host}.crt`), key: join(folder, `${host}.key`) },
    static_host_map: isMiddle ? {} : { [middle]: [`${cableAddress('b', host)}:4242`] },
    lighthouse: isMiddle ? { am_lighthouse: true } : { am_lighthouse: false, hosts: [middle] },
    relay: isMiddle ? { am_relay: true } : { relays: [middle], use_relays: true },
    listen: { host: '0.0.0.0', port: 4242 },
    // As it comes on an Internet path; as much as fits on another.
    tun: { dev: 'nebula', mtu: underlayMtu === 1500 ? 1300 : underlayMtu - 100 },
    logging: { level: 'error' },
    firewall: {
      outbound: [{ port: 'any', proto: 'any', host: 'any' }],
      inbound: [{ port: 'any', proto: 'any', host: 'any' }],
    },
  })
}
