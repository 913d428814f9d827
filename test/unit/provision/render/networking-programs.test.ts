import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../../../src/cli/project-root.ts'

/** The real programs read what is rendered for them; hosts of the lab have neither. `scripts/setup-debian.sh` unpacks both. */
const GOLDEN = join(projectRoot(), 'test', 'golden', 'hosts')
const NETPLAN = programOf('netplan.io', 'usr/libexec/netplan/generate', 'libnetplan0')
const NMCLI = programOf('network-manager', 'usr/bin/nmcli', 'libnm0')

interface Program {
  readonly path: string
  readonly libraries: string
}

function programOf(name: string, path: string, library: string): Program {
  const tools = join(projectRoot(), 'dist', 'tools')
  return { path: join(tools, name, path), libraries: join(tools, library, 'usr/lib/x86_64-linux-gnu') }
}

function run({ path, libraries }: Program, args: readonly string[], input = '') {
  return spawnSync(path, args, { encoding: 'utf8', input, env: { ...process.env, LD_LIBRARY_PATH: libraries } })
}

/** They are programs of Debian on x86-64: elsewhere, and without their libraries, they do not start. */
const netplanDescribe = run(NETPLAN, ['--help']).status === 0 ? describe : describe.skip
const managerDescribe = run(NMCLI, ['--version']).status === 0 ? describe : describe.skip

netplanDescribe('the file of netplan, read by netplan,', () => {
  it('makes systemd-networkd bring up the bridge that it would be given directly', () => {
    const root = mkdtempSync(join(tmpdir(), 'weave-netplan-'))
    try {
      cpSync(join(GOLDEN, 'netplan', 'files', 'etc'), join(root, 'etc'), { recursive: true })
      chmodSync(join(root, 'etc/netplan/60-weave.yaml'), 0o600)
      const { status, stderr } = run(NETPLAN, ['--root-dir', root])
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      const made = (name: string) => readFileSync(join(root, 'run/systemd/network', `10-netplan-weave.${name}`), 'utf8')
      for (const line of ['Name=weave', 'Kind=bridge', 'MACAddress=02:57:0a:02:00:01', 'MTUBytes=1376', 'STP=false'])
        expect(made('netdev').split('\n')).toContain(line)
      const network = [
        'Address=10.2.0.1/16',
        'ConfigureWithoutCarrier=yes',
        'LinkLocalAddressing=ipv6',
        'IPv6AcceptRA=no',
      ]
      for (const line of [...network, 'RequiredForOnline=no']) expect(made('network').split('\n')).toContain(line)
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

managerDescribe('the connection of NetworkManager, read by nmcli,', () => {
  it('says all that it says', () => {
    const path = join(GOLDEN, 'network-manager/files/etc/NetworkManager/system-connections/weave.nmconnection')
    const text = readFileSync(path, 'utf8')
    const { status, stdout, stderr } = run(NMCLI, ['--offline', 'connection', 'modify', 'connection.id', 'weave'], text)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const settings = (of: string) =>
      of
        .toLowerCase()
        .split('\n')
        .filter(line => /^[a-z0-9-]+=/.test(line))
    // What nmcli leaves out is its default.
    expect(settings(stdout)).toEqual(expect.arrayContaining(settings(text).filter(line => line !== 'autoconnect=true')))
  })
})
