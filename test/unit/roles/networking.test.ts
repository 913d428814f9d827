import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPython } from './run-python.ts'

const DETECTION = `
networking = sys.modules['ansible.module_utils.weave_networking']
class Module:
    def get_bin_path(self, name): return name if name in given['programs'] else None
    def run_command(self, argv): return (0 if argv[-1] in given['running'] else 3), '', ''
networking.init_system = lambda: 'systemd'
networking.read_all_interfaces = lambda: given['interfaces']
networking.glob.glob = lambda pattern: given['netplan'] if pattern.startswith('/etc/netplan') else []
if given.get('record') is not None:
    os.makedirs(root + '/state/originals')
    open(weave_host.RECORD, 'w').write(json.dumps(dict(weave_host.empty_record(), **given['record'])))
answer = networking.tool_of(Module(), given.get('wanted', 'auto')).name
`

const ALL = ['ifup', 'ifquery', 'netplan', 'networkctl', 'nmcli']
const LOOPBACK = 'auto lo\niface lo inet loopback\n'

function toolOf(host: Readonly<Record<string, unknown>>): unknown {
  return runPython(DETECTION, { programs: ALL, running: [], interfaces: LOOPBACK, netplan: [], ...host })
}

describe('what brings the interfaces of a host up', () => {
  it.each([
    ['netplan', 'files of netplan', { netplan: ['/etc/netplan/50-cloud-init.yaml'], running: ['systemd-networkd'] }],
    [
      'ifupdown',
      'a stanza of ifupdown',
      { interfaces: `${LOOPBACK}iface eth0 inet dhcp\n`, running: ['NetworkManager'] },
    ],
    ['networkd', 'a running systemd-networkd', { running: ['systemd-networkd'] }],
    ['network-manager', 'a running NetworkManager', { running: ['NetworkManager'] }],
    ['ifupdown', 'nothing to tell it by', {}],
    [
      'networkd',
      'files of netplan without netplan',
      {
        programs: ['networkctl'],
        netplan: ['/etc/netplan/old.yaml'],
        running: ['systemd-networkd'],
      },
    ],
  ])('is %s, by %s', (tool, _, host) => {
    expect(toolOf(host)).toBe(tool)
  })

  it('is what the inventory names, whatever is there', () => {
    expect(toolOf({ wanted: 'networkd', netplan: ['/etc/netplan/x.yaml'] })).toBe('networkd')
  })

  it('stays what has the bridge, whatever comes to the host later', () => {
    const root = mkdtempSync(join(tmpdir(), 'weave-networking-'))
    const netplan = ['/etc/netplan/x.yaml']
    const files = { '/etc/network/interfaces.d/weave': { part: 'bridge', existed: false } }
    try {
      expect(toolOf({ root: join(root, 'a'), netplan, record: { network_tool: 'networkd' } })).toBe('networkd')
      expect(toolOf({ root: join(root, 'b'), netplan, record: { files } })).toBe('ifupdown')
      expect(toolOf({ root: join(root, 'c'), netplan, record: {} })).toBe('netplan')
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
