/**
 * `npm run bench:provision [-- HOSTS…]`: how long plan and rendering take beyond Ansible's own reading of the inventory, and what
 * memory they need; exit code 1 when a goal is missed. A cluster holds 4,095 hosts at most, so ten thousand are planned as clusters of
 * 2,500, one after the other.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createSecrets, formatSecrets, publicKeyOf } from '../src/provision/certify/cluster-secrets.ts'
import { encrypt } from '../src/provision/certify/vault.ts'
import { composeCluster } from '../src/provision/compose-cluster.ts'
import { writeRendered } from '../src/provision/files/write-rendered.ts'
import { writeLock } from '../src/provision/lock/lock-file.ts'
import type { HostFacts } from '../src/provision/plan/host-facts.ts'
import { EMPTY_LOCK } from '../src/provision/plan/lock.ts'
import { decide, readSources } from '../src/provision/prepare-plan.ts'

const CLUSTER_HOSTS_MAX = 2500
const PASSWORD = 'bench'

/** Seconds of plan and rendering together, by the number of hosts. */
const SECONDS_MAX: Readonly<Record<number, number>> = { 1000: 2, 10000: 15 }
const MEGABYTES_MAX = 1024

interface Row {
  readonly hosts: number
  readonly clusters: number
  readonly inventorySeconds: number
  readonly planSeconds: number
  readonly renderSeconds: number
  readonly writeSeconds: number
}

const sizes = process.argv.slice(2).map(Number)
const rows: Row[] = []
for (const hosts of sizes.length > 0 ? sizes : [100, 1000, 10_000]) rows.push(await measure(hosts))
const memory = Math.round(process.resourceUsage().maxRSS / 1024)
for (const row of rows) {
  const own = row.planSeconds + row.renderSeconds
  const limit = SECONDS_MAX[row.hosts]
  process.stdout.write(
    `${String(row.hosts).padStart(6)} hosts in ${row.clusters}: plan ${row.planSeconds.toFixed(2)} s, render ${row.renderSeconds.toFixed(2)} s, ` +
      `together ${own.toFixed(2)} s (${((own * 1000) / row.hosts).toFixed(2)} ms a host); write ${row.writeSeconds.toFixed(2)} s; ansible-inventory ${row.inventorySeconds.toFixed(2)} s${judged(own, limit)}\n`,
  )
}
process.stdout.write(`memory at most ${memory} MB${judged(memory, MEGABYTES_MAX)}\n`)

function judged(seen: number, limit: number | undefined): string {
  if (limit === undefined) return ''
  if (seen > limit) process.exitCode = 1
  return `; goal ${limit}: ${seen > limit ? 'missed' : 'reached'}`
}

async function measure(hosts: number): Promise<Row> {
  const clusters = Math.ceil(hosts / CLUSTER_HOSTS_MAX)
  const parts: Row[] = []
  for (let i = 0; i < clusters; i++) parts.push(await measureCluster(Math.ceil(hosts / clusters)))
  const sum = (key: 'inventorySeconds' | 'planSeconds' | 'renderSeconds' | 'writeSeconds') =>
    parts.reduce((total, part) => total + part[key], 0)
  return {
    hosts,
    clusters,
    inventorySeconds: sum('inventorySeconds'),
    planSeconds: sum('planSeconds'),
    renderSeconds: sum('renderSeconds'),
    writeSeconds: sum('writeSeconds'),
  }
}

async function measureCluster(hosts: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-provision-'))
  try {
    const { inventoryPath, passwordFile } = await prepare(folder, hosts)
    const sources = await timed(() => readSources({ inventoryPath }))
    const facts = Object.fromEntries(sources.value.inventory.hosts.map(({ name }, i) => [name, factsOf(i)]))
    const prepared = await timed(async () => decide(sources.value, facts))
    const composed = await timed(() =>
      composeCluster(prepared.value, { templatesFolder: resolve('templates'), vaultPasswordFile: passwordFile }),
    )
    const { group, clusterName, subnet } = composed.value.plan
    const cluster = {
      group,
      clusterName,
      subnet,
      clusterId: composed.value.material.clusterId,
      hosts: composed.value.hosts,
    }
    const written = await timed(async () => writeRendered(join(folder, 'out'), cluster))
    return {
      hosts,
      clusters: 1,
      inventorySeconds: sources.seconds,
      planSeconds: prepared.seconds,
      renderSeconds: composed.seconds,
      writeSeconds: written.seconds,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A cluster that exists: its keys are made, and every host has shown its own. */
async function prepare(folder: string, hosts: number) {
  const inventoryPath = join(folder, 'hosts.ini')
  const names = Array.from({ length: hosts }, (_, i) => `host${i + 1} ansible_host=172.16.${i >> 8}.${i & 255}`)
  const settings = '[weave:vars]\nweave_subnet=10.0.0.0/8\nweave_container_prefix=20\n'
  writeFileSync(inventoryPath, `[weave]\n${names.join('\n')}\n${settings}`)
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, PASSWORD)
  const secrets = createSecrets()
  const password = { file: passwordFile, source: passwordFile, created: undefined }
  writeFileSync(join(folder, '.weave.cluster.vault.yml'), await encrypt(formatSecrets(secrets), password))
  writeLock(join(folder, '.weave.lock.yml'), {
    ...EMPTY_LOCK,
    cluster: { id: secrets.clusterId, publicKey: publicKeyOf(secrets) },
  })
  return { inventoryPath, passwordFile }
}

function factsOf(number: number): HostFacts {
  const key = Buffer.alloc(32)
  key.writeUInt32BE(number + 1)
  return {
    publicKey: key.toString('base64'),
    initSystem: 'systemd',
    networkTool: 'ifupdown',
    dockerPackage: 'docker.io',
    dockerUnitReadsDefaults: true,
    bridge: { isOurs: false, addresses: [], stanzas: [] },
    dockerMemory: { settings: {}, originals: { '/etc/default/docker': null, '/etc/docker/daemon.json': null } },
    addresses: [],
    files: {
      '/etc/default/docker': 'DOCKER_OPTS="--log-level=warn"\n',
      '/etc/docker/daemon.json': null,
      '/etc/network/interfaces': 'source /etc/network/interfaces.d/*\n',
    },
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly seconds: number }> {
  const startedAt = performance.now()
  const value = await work()
  return { value, seconds: (performance.now() - startedAt) / 1000 }
}
