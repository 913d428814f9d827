import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cableAddress } from '../candidate.ts'
import { MIDDLE, STAR, type StarHost, starAddress, starCandidate } from './star.ts'

const NETWORK = '10.3.0'

/** Its relays do not chain: a path has one at most. */
export const nebula = starCandidate({
  name: 'nebula',
  about: 'IP, AES-256-GCM, host to host; b is lighthouse and relay',
  network: NETWORK,
  program: 'nebula',
  prepare(folder, underlayMtu) {
    const cert = (...args: readonly string[]) => execFileSync('nebula-cert', [...args], { cwd: folder })
    cert('ca', '-name', 'bench')
    for (const host of STAR) {
      cert('sign', '-name', host, '-ip', `${starAddress(NETWORK, host)}/24`)
      writeFileSync(join(folder, `${host}.yml`), configOf(host, { folder, underlayMtu }))
    }
    return host => ['-config', join(folder, `${host}.yml`)]
  },
})

function configOf(host: StarHost, { folder, underlayMtu }: { folder: string; underlayMtu: number }): string {
  const middle = starAddress(NETWORK, MIDDLE)
  const isMiddle = host === MIDDLE
  return JSON.stringify({
    pki: { ca: join(folder, 'ca.crt'), cert: join(folder, `${host}.crt`), key: join(folder, `${host}.key`) },
    static_host_map: isMiddle ? {} : { [middle]: [`${cableAddress(MIDDLE, host)}:4242`] },
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
