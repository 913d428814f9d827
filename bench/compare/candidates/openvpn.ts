import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cableAddress } from '../candidate.ts'
import { MIDDLE, STAR, type StarHost, starAddress, starCandidate } from './star.ts'

const NETWORK = '10.6.0'

/** One server: it opens and seals anew what clients send each other. */
export const openvpn = starCandidate({
  name: 'openvpn',
  about: 'Ethernet, AES-256-GCM, host to host; b is the server',
  network: NETWORK,
  program: 'openvpn',
  prepare(folder, underlayMtu) {
    const prints = new Map(STAR.map(host => [host, certify(folder, host)]))
    const mtu = ['--tun-mtu', String(underlayMtu === 1500 ? 1500 : underlayMtu - 100)]
    return host => [
      ...['--dev', 'ovpn', '--dev-type', 'tap', '--proto', 'udp', '--port', '1194', '--keepalive', '2', '10'],
      ...['--cert', join(folder, `${host}.crt`), '--key', join(folder, `${host}.key`)],
      ...['--data-ciphers', 'AES-256-GCM', '--disable-dco', '--verb', '1', ...mtu],
      ...role(host, folder, prints),
    ]
  },
})

function role(host: StarHost, folder: string, prints: ReadonlyMap<StarHost, string>): readonly string[] {
  const own = ['--ifconfig', starAddress(NETWORK, host), '255.255.255.0']
  if (host !== MIDDLE) {
    const server = ['--remote', cableAddress(MIDDLE, host), '--nobind', '--tls-client', '--pull']
    return [...own, ...server, '--peer-fingerprint', prints.get(MIDDLE) ?? '']
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
