import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../../src/cli/project-root.ts'

/** What the golden files must say, whatever else changes in them. */
const GOLDEN = join(projectRoot(), 'test', 'golden', 'hosts')
const textOf = (host: string, path: string) => readFileSync(join(GOLDEN, host, 'files', path), 'utf8')

describe('on a host with systemd', () => {
  const unit = textOf('systemd-default', 'etc/systemd/system/weave.service')
  const dropIn = textOf('systemd-default', 'etc/systemd/system/docker.service.d/weave.conf')

  it('the order is bridge, router, Docker (trap 2.1)', () => {
    expect(unit).toMatch(/^After=.*\bnetworking\.service\b/m)
    expect(unit).toMatch(/^Before=docker\.service$/m)
    expect(unit).toMatch(/^Type=notify$/m)
    expect(dropIn).toMatch(/^After=weave\.service$/m)
  })

  it('Docker does not start before the bridge has its address (trap 2.2)', () => {
    expect(dropIn).toMatch(/^ExecStartPre=\/usr\/local\/lib\/weave\/assert-bridge$/m)
    expect(unit).toMatch(/^ExecStartPre=\/usr\/local\/lib\/weave\/assert-bridge$/m)
  })

  it('Docker starts without the router, too: containers of one host need none', () => {
    expect(dropIn).toMatch(/^Wants=weave\.service$/m)
    expect(dropIn).not.toMatch(/^Requires=/m)
  })

  it('a router that ends is started again after a second, as often as it takes', () => {
    expect(unit).toMatch(/^Restart=always$/m)
    expect(unit).toMatch(/^RestartSec=1$/m)
    expect(unit).toMatch(/^StartLimitIntervalSec=0$/m)
  })

  it('its command line holds neither peers nor secrets (trap 1.4.10)', () => {
    expect(unit).toMatch(/^ExecStart=\/usr\/local\/bin\/weave launch --foreground$/m)
  })

  it('the router has the rights it needs and no more', () => {
    expect(unit).toMatch(
      /^CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_NET_BIND_SERVICE CAP_SYS_ADMIN CAP_SYS_PTRACE$/m,
    )
    expect(unit).toMatch(/^RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK AF_PACKET$/m)
    expect(unit).toMatch(/^DeviceAllow=\/dev\/net\/tun rw$/m)
    expect(unit).toMatch(/^RestrictNamespaces=net$/m)
    expect(unit).toMatch(/^ProtectSystem=full$/m)
    expect(unit).not.toMatch(/^(PrivateDevices|MemoryDenyWriteExecute|PrivateNetwork)=/m)
  })
})

it('upstart starts the router with Docker, stops it with Docker, and names the peers', () => {
  const job = textOf('upstart', 'etc/init/weave.conf')
  expect(job).toMatch(/^start on started docker$/m)
  expect(job).toMatch(/^stop on stopping docker$/m)
  expect(job).toMatch(/^respawn$/m)
  expect(job).toMatch(/^exec \/usr\/local\/bin\/weave launch --foreground 192\.0\.2\.1:6783 .*192\.0\.2\.5:6783$/m)
})

it('init.d starts the router before Docker and after the network', () => {
  const script = textOf('sysvinit', 'etc/init.d/weave')
  expect(script).toMatch(/^# Required-Start: +\$network/m)
  expect(script).toMatch(/^# X-Start-Before: +docker$/m)
  for (const word of ['start', 'stop', 'restart', 'status'])
    expect(script).toMatch(new RegExp(`^${word}\\b.*\\)$`, 'm'))
})

it('nothing needs net-tools or bridge-utils, which a minimal Debian lacks (trap 1.4.12)', () => {
  const files = readdirSync(GOLDEN, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const texts = files.map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  expect(texts.filter(text => /\b(ifconfig|brctl)\b/.test(text))).toEqual([])
})
