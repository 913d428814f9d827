import type { LabDriver } from '../acceptance/lab-driver.ts'

interface Trouble {
  readonly words: readonly string[]
  readonly seed: string
  readonly calm: string
}

/** What does its harm at the next start or boot only, host by host. */
const DORMANT: Readonly<Record<string, Trouble>> = {
  alpha: {
    words: ['docker-told-twice', 'password-shown'],
    seed: `echo '{"bridge": "weave"}' > /etc/docker/daemon.json
bash -c 'exec -a weave python3 -c "import time; time.sleep(7200)" --password=Marker' > /dev/null 2>&1 & echo $! > /run/shown`,
    calm: 'rm /etc/docker/daemon.json; kill $(cat /run/shown)',
  },
  bravo: {
    words: ['docker-opts-twice', 'docker-old-dns'],
    seed: `cp /etc/default/docker /root/docker
echo 'DOCKER_OPTS="$DOCKER_OPTS --dns 172.17.42.1"' >> /etc/default/docker`,
    calm: 'mv /root/docker /etc/default/docker',
  },
  delta: {
    words: ['interfaces-unread'],
    seed: 'mv /etc/network/interfaces.d/weave /root/stanza',
    calm: 'mv /root/stanza /etc/network/interfaces.d/weave',
  },
  relay: {
    words: ['bridge-foreign-address', 'docker-open'],
    seed: `ip address add 10.2.200.1/16 dev weave; cp -p /etc/docker/daemon.json /root/daemon.json
sed -i 's|^{|{"hosts": ["tcp://0.0.0.0:2375"],|' /etc/docker/daemon.json`,
    calm: 'ip address delete 10.2.200.1/16 dev weave; mv /root/daemon.json /etc/docker/daemon.json',
  },
}

/** Each with its own way of closing what nobody has opened. */
const FIREWALLS: Readonly<Record<string, Trouble>> = {
  bravo: {
    words: ['blocked-6783-tcp', 'blocked-6783-udp'],
    seed: 'ufw allow 22/tcp && ufw --force enable',
    calm: 'ufw --force disable',
  },
  delta: {
    words: ['blocked-6783-tcp', 'blocked-6783-udp'],
    seed: 'systemctl start firewalld',
    // Docker puts its rules back, which firewalld has flushed.
    calm: 'systemctl stop firewalld && systemctl restart docker',
  },
}

/** Of what is seen at once. What of it hurts nobody is mended by `doctor --fix`, and the rest goes with `calm`. */
const OPEN: Readonly<Record<string, Trouble>> = {
  alpha: {
    words: ['router-down', 'secrets-readable'],
    seed: 'service weave stop; chmod 644 /etc/weave/admission.key',
    calm: '',
  },
  bravo: {
    words: ['bridge-address', 'half-written', 'unreachable'],
    seed: 'ip address flush dev weave; touch /etc/weave/.weave-half',
    calm: 'rm /etc/weave/.weave-half',
  },
  delta: {
    words: ['blocked-6783-udp'],
    seed: `nft add table inet t; nft "add chain inet t i { type filter hook input priority 0; }"
nft add rule inet t i udp dport 6783 drop`,
    calm: 'nft delete table inet t',
  },
  relay: {
    words: ['blocked-6784-udp', 'overlap', 'bridge-mtu'],
    seed: `iptables-legacy -I INPUT -p udp --dport 6784 -j DROP
ip route add blackhole 10.2.77.0/24; ip link set weave mtu 1300`,
    calm: 'iptables-legacy -D INPUT -p udp --dport 6784 -j DROP; ip route delete blackhole 10.2.77.0/24',
  },
}

const TROUBLES = [OPEN, DORMANT, FIREWALLS].flatMap(all => Object.entries(all))

/** `HOST WORD`, as doctor has them. */
export const SEEDED = TROUBLES.flatMap(([host, { words }]) => words.map(word => `${host} ${word}`))

export async function seedTroubles(lab: LabDriver): Promise<void> {
  await onEachHost(lab, ({ seed }) => seed)
}

export async function calmTroubles(lab: LabDriver): Promise<void> {
  await onEachHost(lab, ({ calm }) => calm)
}

/** All hosts at once, and on each one after the other. */
async function onEachHost(lab: LabDriver, scriptOf: (trouble: Trouble) => string): Promise<void> {
  const hosts = [...new Set(TROUBLES.map(([host]) => host))]
  const onHost = async (host: string) => {
    const scripts = TROUBLES.filter(([name]) => name === host).map(([, trouble]) => scriptOf(trouble))
    for (const script of scripts.filter(text => text !== '')) await lab.shell(host, script)
  }
  await Promise.all(hosts.map(onHost))
}
