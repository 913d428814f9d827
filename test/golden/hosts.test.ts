import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectRoot } from '../../src/cli/project-root.ts'
import { certify } from '../../src/provision/certify/certify.ts'
import { loadTemplates } from '../../src/provision/files/load-templates.ts'
import type { HostFacts } from '../../src/provision/plan/host-facts.ts'
import { renderHost } from '../../src/provision/render/render-host.ts'
import { facts, host, inventory, planned } from '../unit/provision/inventories.ts'
import { knownKey, knownSecrets } from './cluster.ts'

/** The hosts as they are on the day they are first provisioned. `UPDATE_GOLDEN=1 npm test -- test/golden` writes the files anew. */
const HOSTS: Readonly<Record<string, HostFacts | undefined>> = {
  'systemd-default': facts(
    { publicKey: knownKey(1) },
    { '/etc/default/docker': '# Docker Upstart and SysVinit configuration file\n\n#DOCKER_OPTS="--dns 8.8.8.8"\n' },
  ),
  'systemd-daemon-json': facts(
    { publicKey: knownKey(2), dockerPackage: 'docker-ce', dockerUnitReadsDefaults: false },
    { '/etc/docker/daemon.json': '{"log-driver": "json-file", "live-restore": true, "mtu": 1400}\n' },
  ),
  sysvinit: facts(
    { publicKey: knownKey(3), initSystem: 'sysvinit' },
    {
      '/etc/default/docker': 'DOCKER_OPTS="--log-level=warn"\n',
      '/etc/network/interfaces': 'auto lo\niface lo inet loopback\n',
    },
  ),
  upstart: facts(
    { publicKey: knownKey(4), initSystem: 'upstart' },
    {
      '/etc/default/docker': 'DOCKER_OPTS="$DOCKER_OPTS --bridge=weave --fixed-cidr=10.2.9.0/24 --dns 172.17.42.1"\n',
      '/etc/network/interfaces': 'auto lo\niface lo inet loopback\nsource /etc/network/interfaces.d/*.cfg\n',
    },
  ),
  unknown: undefined,
}

/** Hosts that bring interfaces up otherwise differ in the files of the bridge. */
const PLATFORMS: typeof HOSTS = {
  netplan: facts({ publicKey: knownKey(1), networkTool: 'netplan' }),
  networkd: facts({ publicKey: knownKey(2), networkTool: 'networkd' }),
  'network-manager': facts({ publicKey: knownKey(3), networkTool: 'network-manager' }),
  'source-directory': facts(
    { publicKey: knownKey(4) },
    { '/etc/network/interfaces': 'auto lo\niface lo inet loopback\nsource-directory /etc/network/interfaces.d\n' },
  ),
}

const GOLDEN = join(dirname(fileURLToPath(import.meta.url)), 'hosts')
const isUpdating = process.env.UPDATE_GOLDEN === '1'

describe('the files of a whole host', () => {
  it.each(Object.keys(HOSTS))('%s are what test/golden/hosts shows', async name => {
    const rendered = await renderAll(name)
    if (isUpdating) update(join(GOLDEN, name), rendered)
    expect(rendered).toEqual(readTree(join(GOLDEN, name)))
  })
})

describe('the bridge of a host', () => {
  it.each(Object.keys(PLATFORMS))('with %s is what test/golden/hosts shows', async name => {
    const rendered = await renderAll(name, { all: PLATFORMS })
    const { files } = JSON.parse(rendered['host.json'] ?? '') as { files: { path: string; part: string }[] }
    const paths = files.filter(({ part }) => part === 'bridge').map(({ path }) => `files${path}`)
    const shown = Object.fromEntries(['host.json', ...paths].map(path => [path, rendered[path] ?? '']))
    if (isUpdating) update(join(GOLDEN, name), shown)
    expect(shown).toEqual(readTree(join(GOLDEN, name)))
  })
})

describe('the files of a host in a network that is trusted', () => {
  it.each(['systemd-default', 'sysvinit', 'upstart'])('differ from those of %s as shown', async name => {
    await expectDifference(name, `trusted-${name}`, { trust: { trustedSubnets: ['192.0.2.0/24'] } })
  })
})

describe('the files of a host in an underlay of IPv6', () => {
  it('differ from those of systemd-default as shown', async () => {
    await expectDifference('systemd-default', 'ipv6-systemd-default', { addressesOf: ofBothFamilies })
  })
})

/** In turns IPv4 and IPv6, IPv6 alone, IPv4 alone. */
function ofBothFamilies(number: number): readonly string[] {
  const [ipv4, ipv6] = [`192.0.2.${number}`, `2001:db8::${number}`]
  return [[ipv4, ipv6], [ipv6], [ipv4]][(number - 1) % 3] ?? []
}

async function expectDifference(name: string, golden: string, variant: Variant): Promise<void> {
  const [plain, rendered] = [await renderAll(name), await renderAll(name, variant)]
  const differing = Object.fromEntries(Object.entries(rendered).filter(([path, text]) => plain[path] !== text))
  const folder = join(GOLDEN, golden)
  if (isUpdating) update(folder, differing)
  expect(differing).toEqual(readTree(folder))
}

interface Variant {
  readonly trust?: Parameters<typeof inventory>[1]
  /** By the host's number. */
  readonly addressesOf?: (number: number) => readonly string[]
  readonly all?: typeof HOSTS
}

async function renderAll(
  name: string,
  { trust = {}, addressesOf = number => [`192.0.2.${number}`], all = HOSTS }: Variant = {},
): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys(all)
  const hosts = names.map((each, i) => host(each, { index: i + 1, underlayAddresses: addressesOf(i + 1) }))
  const known = Object.fromEntries(Object.entries(all).flatMap(([each, of]) => (of === undefined ? [] : [[each, of]])))
  const plan = planned([], { inventory: inventory(hosts, trust), facts: known })
  const { material } = await certify(plan, knownSecrets())
  const of = plan.hosts.find(each => each.name === name)
  if (of === undefined) throw new Error(`no host ${name}`)
  const templates = loadTemplates(join(projectRoot(), 'templates'))
  const { files, ...settings } = renderHost({ plan, host: of, facts: known[name], material, templates })
  const listed = files.map(({ content: _content, ...traits }) => traits)
  const texts = files.map(({ path, content }) => [`files${path}`, content])
  return { 'host.json': `${JSON.stringify({ ...settings, files: listed }, null, 2)}\n`, ...Object.fromEntries(texts) }
}

function update(folder: string, texts: Readonly<Record<string, string>>): void {
  rmSync(folder, { recursive: true, force: true })
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

function readTree(folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) throw new Error(`${folder} is missing: run with UPDATE_GOLDEN=1 and look at what it writes`)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const paths = files.map(entry => join(entry.parentPath, entry.name))
  return Object.fromEntries(paths.map(path => [relative(folder, path), readFileSync(path, 'utf8')]))
}
