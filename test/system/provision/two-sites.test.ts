import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LabDriver } from '../acceptance/lab-driver.ts'
import { eventually } from '../eventually.ts'

const MINUTE = 60_000
const GATEWAY = '10.79.1.7'
const PASSWORD = 'of-a-lab-only'

/**
 * The sites of inventories/two-sites: `centre1` is reached by everybody, the hosts of the branch are behind a gateway that hides their
 * addresses, and to one of them it forwards. Root is reached by way of a user: with a password for sudo, without one, and directly.
 */
const HOSTS = {
  weave: {
    children: {
      centre: {
        hosts: {
          centre1: { ...hostAt('centre', '10.79.1.11'), ansible_user: 'ops', ansible_become_password: PASSWORD },
        },
      },
      branch: {
        hosts: {
          branch1: { ...hostAt('branch', '10.79.2.21'), ansible_user: 'ops' },
          branch2: {
            ...hostAt('branch', '10.79.2.22'),
            ansible_user: 'root',
            weave_underlay_addresses: ['10.79.2.22', GATEWAY],
            weave_port: 7002,
          },
        },
      },
    },
    vars: { ansible_become: true, weave_docker_method: 'none' },
  },
  ungrouped: {
    hosts: {
      gateway: {
        ansible_host: GATEWAY,
        weave_lab_host: { class: 'sysvinit', networks: { centre: GATEWAY, branch: '10.79.2.7' } },
      },
    },
  },
  all: {
    vars: {
      ansible_python_interpreter: '/usr/bin/python3',
      weave_lab: {
        networks: {
          centre: { subnet: '10.79.1.0/24', control: '10.79.1.1' },
          branch: { subnet: '10.79.2.0/24', control: '10.79.2.1' },
        },
      },
    },
  },
}

function hostAt(network: string, address: string) {
  return { ansible_host: address, weave_lab_host: { class: 'systemd', networks: { [network]: address } } }
}

describe('two sites with NAT between them', () => {
  const lab = new LabDriver('inventories/two-sites')

  beforeAll(async () => {
    rmSync(join(lab.inventory, 'hosts.yml'), { force: true })
    writeFileSync(join(lab.inventory, 'hosts.yml'), JSON.stringify(HOSTS))
    const up = await lab.provision(['lab', 'up'])
    if (up.exitCode !== 0) throw new Error(`lab up: ${up.stderr}${up.stdout}`)
    await lab.shell('gateway', TRANSLATE)
    for (const host of ['branch1', 'branch2']) await lab.shell(host, 'ip route add default via 10.79.2.7')
    for (const host of ['centre1', 'branch1']) await lab.shell(host, USER)
    await lab.shell('branch1', 'echo "ops ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/ops')
  })

  afterAll(() => lab.dispose())

  it('become one overlay, and nobody of the centre knows a way to the addresses of the branch', async () => {
    const up = await lab.provision(['up'])
    expect({ exitCode: up.exitCode, stderr: up.exitCode === 0 ? '' : up.stderr }).toEqual({ exitCode: 0, stderr: '' })
    const test = await lab.provision(['test', '--json', '--seconds', '0'])
    const { ways } = JSON.parse(test.stdout) as { ways: { from: string; to: string; works: boolean }[] }
    expect([test.exitCode, ways.map(({ works }) => works)]).toEqual([0, Array(6).fill(true)])
    expect((await lab.tryOn('centre1', ['ip', 'route', 'get', '10.79.2.21'])).exitCode).not.toBe(0)
  })

  it('find each other again when the router of the centre was started anew', async () => {
    await lab.on('centre1', ['systemctl', 'restart', 'weave'])
    await eventually(MINUTE, async () => {
      const status = await lab.provision(['status', '--json'])
      return status.exitCode === 0 || status.stdout
    })
  })
})

/** All that comes out of the branch has the gateway's address; what comes to its port 7002 goes to branch2. */
const TRANSLATE = `set -e
echo 1 > /proc/sys/net/ipv4/ip_forward
outer=$(ip -o -4 address show | awk '$4 ~ /^10\\.79\\.1\\./ { print $2 }')
iptables -t nat -A POSTROUTING -o $outer -j MASQUERADE
for protocol in tcp udp; do
  iptables -t nat -A PREROUTING -i $outer -p $protocol --dport 7002 -j DNAT --to-destination 10.79.2.22:7002
done
iptables -A FORWARD -i $outer -m conntrack --ctstate ESTABLISHED,RELATED,DNAT -j ACCEPT
iptables -A FORWARD -i $outer -j DROP`

const USER = `set -e
useradd --create-home --shell /bin/bash --groups sudo ops
echo 'ops:${PASSWORD}' | chpasswd
cp -r /root/.ssh ~ops/ && chown -R ops: ~ops/.ssh`
