import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Candidate, cableAddress, hostRoutes } from '../candidate.ts'
import { spawnDaemons } from '../daemons.ts'

const NETWORK = '10.6.0'
const HOSTS = ['a', 'b', 'c'] as const
type VpnHost = (typeof HOSTS)[number]

/** One server, `b`: it opens and seals anew what clients send each other. */
export const openvpn: Candidate = {
  name: 'openvpn',
  kind: 'peer',
  about: 'Ethernet, AES-256-GCM, host to host; b is the server',
  isSealed: true,
  async start(lab, underlayMtu) {
    const folder = join(lab.folder, 'openvpn')
    mkdirSync(folder)
    const prints = new Map(HOSTS.map(host => [host, certify(folder, host)]))
    const mtu = ['--tun-mtu', String(underlayMtu === 1500 ? 1500 : underlayMtu - 100)]
    const pids = spawnDaemons(lab, 'openvpn', HOSTS, host => [
      'openvpn',
      ...['--dev', 'ovpn', '--dev-type', 'tap', '--proto', 'udp', '--port', '1194', '--keepalive', '2', '10'],
      ...['--cert', join(folder, `${host}.crt`), '--key', join(folder, `${host}.key`)],
      ...['--data-ciphers', 'AES-256-GCM', '--disable-dco', '--verb', '1', ...mtu],
      ...role(host, folder, prints),
    ])
    return { routes: hostRoutes(host => addressOf(host as VpnHost), ['direct', 'one relay']), pids }
  },
}

function addressOf(host: VpnHost): string {
  return `${NETWORK}.${HOSTS.indexOf(host) + 1}`
}

function role(host: VpnHost, folder: string, prints: ReadonlyMap<VpnHost, string>): readonly string[] {
  const own = ['--ifconfig', addressOf(host), '255.255.255.0']
  if (host !== 'b') {
    const server = ['--remote', cableAddress('b', host), '--nobind', '--tls-client', '--pull']
    return [...own, ...server, '--peer-fingerprint', prints.get('b') ?? '']
  }
  const list = join(folder, 'clients')
  const fingerprints = [...prints.values()].join('\n')
  writeFileSync(list, `<peer-fingerprint>\n${fingerprints}\n</peer-fingerprint>\n`)
  return [...own, '--mode', 'server', '--tls-server', '--dh', 'none', '--client-to-client', '--config', list]
}

/** A self-signed certificate; gives its SHA-256. */
function certify(folder: string, host: string): string {
  const [key, cert] = [join(folder, `${host}.key`), join(folder, `${host}.crt`)]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${host}`]
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const print = execFileSync('openssl', ['x509', '-in', cert, '-noout', '-fingerprint', '-sha256'], {
    encoding: 'utf8',
  })
  return print.trim().replace(/^.*=/, '')
}
