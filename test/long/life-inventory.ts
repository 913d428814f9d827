import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the test of a cluster's life changes in its inventory. */
export interface LifeSettings {
  readonly subnet: string
  readonly containerPrefix: number
  readonly dockerOptions: Readonly<Record<string, unknown>>
  /** Numbers that the inventory insists on. */
  readonly indexes: Readonly<Record<string, number>>
}

/** As somebody would have set up bridge and Docker by hand, before us. */
const STANZA = `auto weave
iface weave inet manual
    pre-up ip link add weave type bridge || true
    up ip link set weave up
    post-up ip addr add dev weave 10.2.0.7/16
    post-down ip link del weave || true
`
const OPTIONS = 'DOCKER_OPTS="--log-level=warn --bridge=weave --fixed-cidr=10.2.7.0/24"\n'

const HOSTS = { old: '10.77.1.21', mid: '10.77.1.22', last: '10.77.1.23' } as const

/** Three hosts in one network; `old` has a bridge from before, `last` no Docker of ours. JSON is YAML. */
export function writeLifeInventory(folder: string, settings: LifeSettings): void {
  rmSync(join(folder, 'hosts.yml'), { force: true })
  const files = { '/etc/network/interfaces.d/weave.cfg': STANZA, '/etc/default/docker': OPTIONS }
  const hosts = Object.entries(HOSTS).map(([name, address]) => {
    const lab = { class: 'systemd', networks: { left: address }, ...(name === 'old' ? { files } : {}) }
    const index = settings.indexes[name]
    const variables = {
      ansible_host: address,
      weave_lab_host: lab,
      ...(index === undefined ? {} : { weave_index: index }),
      ...(name === 'last' ? { weave_docker_method: 'none' } : {}),
    }
    return [name, variables] as const
  })
  writeFileSync(join(folder, 'hosts.yml'), JSON.stringify({ weave: { hosts: Object.fromEntries(hosts) } }))
  const variables = {
    ansible_user: 'root',
    ansible_python_interpreter: '/usr/bin/python3',
    weave_lab: { networks: { left: { subnet: '10.77.1.0/24', control: '10.77.1.1' } } },
    weave_subnet: settings.subnet,
    weave_container_prefix: settings.containerPrefix,
    weave_docker_options: settings.dockerOptions,
  }
  writeFileSync(join(folder, 'group_vars', 'weave.yml'), JSON.stringify(variables))
}
