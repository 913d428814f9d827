import { diagnoseCluster } from '../../../../src/provision/examine/diagnose-cluster.ts'
import type { Examination } from '../../../../src/provision/examine/examination.ts'
import type { WholeHost } from '../../../../src/provision/examine/whole-host.ts'
import { docker } from '../change/surveys.ts'
import { cluster, examination, FILES, peer, reach, router, whole } from './examined.ts'

const found = (a: Examination) => diagnoseCluster(cluster(a))
const ofWhole = (settings: Partial<WholeHost>) => examination({ whole: whole(settings) })
const bridge = whole().bridge
const services = examination().services
const network = (settings: object) =>
  docker([], { network: { bridge: 'weave', subnets: ['10.2.0.0/16'], range: '10.2.1.0/24', ...settings } })
const firewall = (...rules: string[]) => ({ firewall: { iptables: ['-P INPUT ACCEPT', ...rules].join('\n') } })
const connection = { direction: 'outbound', address: '192.0.2.2:6783', loss: null }
const lost = router({
  peers: [peer('a'), peer('b', { isReachable: false })],
  connections: [{ ...connection, state: 'failed', info: 'ETIMEDOUT, retry in 3 s', peer: null }],
})

describe.each<[string, Examination, string, RegExp, RegExp]>([
  [
    'Docker that is down',
    examination({ services: { ...services, docker: { isActive: false, isEnabled: true } } }),
    'docker-down',
    /does not run/,
    /service docker start/,
  ],
  [
    'Docker on its own bridge',
    ofWhole({ docker: network({ bridge: 'docker0' }) }),
    'docker-other-bridge',
    /docker0/,
    /up/,
  ],
  [
    'what Docker remembers of a bridge without an address',
    ofWhole({ docker: network({ subnets: ['172.17.0.0/16'] }) }),
    'docker-stale-network',
    /172\.17\.0\.0\/16 .*remembers/,
    /rm -r \/var\/lib\/docker\/network/,
  ],
  [
    'a range that covers other bridges',
    ofWhole({ docker: network({ range: '10.2.0.0/24' }) }),
    'docker-other-range',
    /bridge addresses/,
    /up/,
  ],
  [
    'a range of another host',
    ofWhole({ docker: network({ range: '10.2.2.0/24' }) }),
    'docker-other-range',
    /other hosts' containers/,
    /up/,
  ],
  [
    'a container with an address of before',
    ofWhole({ containers: [{ name: 'old', address: '10.2.9.4' }], bridge: { ...bridge, ports: ['veth1'] } }),
    'container-outside-range',
    /old \(10\.2\.9\.4\)/,
    /docker start/,
  ],
  [
    'a range whose addresses are used up',
    ofWhole({
      containers: Array.from({ length: 256 }, (_, i) => ({ name: `c${i}`, address: `10.2.1.${i}` })),
      bridge: { ...bridge, ports: Array.from({ length: 256 }, (_, i) => `veth${i}`) },
    }),
    'range-full',
    /256 of the 256 addresses/,
    /weave_container_prefix/,
  ],
  [
    'a setting that Docker is told twice',
    ofWhole({
      files: {
        ...FILES,
        '/etc/default/docker': 'DOCKER_OPTS="--bridge=weave"\n',
        '/etc/docker/daemon.json': '{"bridge":"weave"}',
      },
    }),
    'docker-told-twice',
    /refuse to start/,
    /default\/docker/,
  ],
  [
    'two lines of DOCKER_OPTS',
    ofWhole({ files: { ...FILES, '/etc/default/docker': 'DOCKER_OPTS="-D"\nDOCKER_OPTS="$DOCKER_OPTS --icc"\n' } }),
    'docker-opts-twice',
    /2 times/,
    /one line/,
  ],
  [
    'the name server of docker0',
    ofWhole({ dockerCommand: 'dockerd --dns 172.17.42.1' }),
    'docker-old-dns',
    /172\.17\.42\.1/,
    /--dns/,
  ],
  [
    'an open Docker API',
    ofWhole({ dockerCommand: 'dockerd -H tcp://0.0.0.0:2376' }),
    'docker-open',
    /root on the host/,
    /tlsverify/,
  ],
  [
    'a range that is not canonical',
    ofWhole({ files: { ...FILES, '/etc/docker/daemon.json': '{"fixed-cidr":"10.2.1.7/24"}' } }),
    'docker-odd-range',
    /10\.2\.1\.7\/24/,
    /10\.2\.1\.0\/24/,
  ],
  [
    'TCP 6783 blocked',
    ofWhole(firewall('-A INPUT -p tcp -m tcp --dport 6783 -j DROP')),
    'blocked-6783-tcp',
    /TCP 6783/,
    /iptables -D INPUT -p tcp/,
  ],
  [
    'UDP 6783 blocked',
    ofWhole(firewall('-A INPUT -p udp -m multiport --dports 6700:6783 -j REJECT')),
    'blocked-6783-udp',
    /UDP 6783/,
    /iptables -D INPUT/,
  ],
  [
    'UDP 6784 blocked',
    ofWhole({ nft: 'table inet f {\n  chain in {\n    udp dport 6784 drop\n  }\n}' }),
    'blocked-6784-udp',
    /fast path/,
    /nft/,
  ],
  [
    'a DROP before Docker lets through',
    ofWhole(firewall('-A DOCKER-USER -i weave -j DROP', '-A FORWARD -i weave -o weave -j ACCEPT')),
    'docker-user',
    /DOCKER-USER -i weave/,
    /-D DOCKER-USER/,
  ],
  [
    'FORWARD that drops',
    ofWhole({ firewall: { iptables: '-P INPUT ACCEPT\n-P FORWARD DROP\n' } }),
    'forward-drop',
    /policy DROP of FORWARD/,
    /-I FORWARD -i weave -o weave -j ACCEPT/,
  ],
  [
    'an underlay that carries too little',
    ofWhole({ reaches: [reach('b', { carries: 1400 })] }),
    'mtu',
    /1454 bytes/,
    /weave_mtu to 1322/,
  ],
  [
    'a router that lost its port',
    ofWhole({ listens: { tcp: true, udp: false } }),
    'not-listening',
    /no UDP port/,
    /restart/,
  ],
  [
    'a way that is open in one direction',
    ofWhole({ reaches: [reach('b', { tcp: 'silent' })] }),
    'asymmetric',
    /from b to a and not back/,
    /open TCP 6783 on b/,
  ],
  [
    'UDP that is blocked on the way',
    examination({
      router: router({
        connections: [
          {
            ...connection,
            state: 'established',
            info: 'sleeve over tls: no datagram comes through, is UDP blocked?',
            peer: 'b',
          },
        ],
      }),
    }),
    'udp-blocked',
    /no datagram/,
    /UDP 6783/,
  ],
  [
    'a host that is cut off by a firewall',
    examination({ router: lost, whole: whole({ reaches: [reach('b', { tcp: 'silent' })] }) }),
    'unreachable',
    /pings pass and TCP 6783 does not.*ETIMEDOUT/,
    /nc -zv 192\.0\.2\.2 6783/,
  ],
  [
    'a refused port',
    examination({ router: lost, whole: whole({ reaches: [reach('b', { tcp: 'refused' })] }) }),
    'unreachable',
    /port 6783 is refused/,
    /firewall/,
  ],
])('%s', (_, a, about, cause, remedy) => {
  const own = found(a).filter(({ host }) => host === 'a')

  it('is found, and nothing else', () => {
    expect(own.map(disorder => disorder.about)).toEqual([about])
  })

  it('is told with its cause and the command that mends it', () => {
    expect(own[0]).toMatchObject({ cause: expect.stringMatching(cause), remedy: expect.stringMatching(remedy) })
  })
})

it('what a port is let through by, before it is dropped, is no finding', () => {
  const rules = [
    '-A INPUT -p tcp -m tcp --dport 6783 -j ACCEPT',
    '-A INPUT -p udp -m udp --dport 6783:6784 -j ACCEPT',
    '-A INPUT -j DROP',
  ]
  expect(found(ofWhole(firewall(...rules)))).toEqual([])
})

it('FORWARD that drops matters only where bridged frames are shown to it', () => {
  const settings = {
    firewall: { iptables: '-P FORWARD DROP\n' },
    switches: { 'net/bridge/bridge-nf-call-iptables': 0 },
  }
  expect(found(ofWhole(settings))).toEqual([])
})

describe('what ip6tables stops', () => {
  const rule = '-A INPUT -p udp -m udp --dport 6783 -j DROP'
  const listing = `-P INPUT ACCEPT\n-P FORWARD DROP\n${rule}\n`
  const over = (address: string, listings: WholeHost['firewall']) => {
    const facts = cluster(ofWhole({ firewall: listings }))
    const hosts = facts.plan.hosts.map(host => (host.name === 'a' ? { ...host, underlayAddresses: [address] } : host))
    return diagnoseCluster({ ...facts, plan: { ...facts.plan, hosts } })
  }

  it('is no finding on a host that others reach by IPv4 alone', () => {
    expect(over('192.0.2.1', { ip6tables: listing })).toEqual([])
  })

  it.each(['ip6tables', 'ip6tables-legacy'])('is one where they reach it by IPv6: %s', program => {
    expect(over('2001:db8::1', { iptables: '-P INPUT ACCEPT\n', [program]: listing })).toMatchObject([
      {
        about: 'blocked-6783-udp',
        cause: expect.stringContaining('UDP 6783 over IPv6'),
        remedy: expect.stringContaining(`${program} -D INPUT -p udp`),
      },
    ])
  })

  it('is said once where ufw opens the port for both families', () => {
    const opened = ['-A INPUT -p tcp -j ACCEPT', '-A INPUT -p udp --dport 6784 -j ACCEPT']
    const ufw = ['-P INPUT DROP', '-N ufw-user-input', ...opened].join('\n')
    const both = { iptables: ufw, ip6tables: ufw }
    const said = over('2001:db8::1', both).map(({ about, cause }) => [about, cause.includes('IPv6')])
    expect(said).toEqual([['blocked-6783-udp', false]])
  })
})

it('WireGuard’s port matters where frames shall take tunnels, and nowhere else', () => {
  const a = ofWhole(firewall('-A INPUT -p udp -m udp --dport 6785 -j DROP'))
  const facts = cluster(a)
  const [trouble] = diagnoseCluster({ ...facts, plan: { ...facts.plan, wantsTunnels: true } })
  expect([trouble?.about, trouble?.cause]).toEqual(['blocked-6785-udp', expect.stringContaining('encrypted fast path')])
  expect(found(a)).toEqual([])
})

describe('a rule that keeps the ports from containers only', () => {
  it.each([
    ['iptables', firewall('-A INPUT -i docker0 -p tcp -m tcp --dport 6783 -j DROP')],
    ['nftables', { nft: 'table inet f {\n  iifname "docker0" tcp dport 6783 counter packets 0 bytes 0 drop\n}' }],
  ])('is no trouble: %s', (_, settings) => {
    expect(found(ofWhole(settings)).filter(({ about }) => about.startsWith('blocked-6783'))).toEqual([])
  })
})
