import type { FactPath, HostFacts } from '../../../src/provision/plan/host-facts.ts'
import type { Inventory, InventoryHost } from '../../../src/provision/plan/inventory.ts'
import { EMPTY_LOCK, type Lock } from '../../../src/provision/plan/lock.ts'
import { makePlan, type Plan, type PlanInput } from '../../../src/provision/plan/plan.ts'

/** What the tests of the provisioner start from. */

export function host(name: string, settings: Partial<InventoryHost> = {}): InventoryHost {
  return {
    name,
    index: undefined,
    historic: { bridgeIp: undefined, containerRange: undefined },
    underlayAddresses: [addressOf(name)],
    port: 6783,
    initSystem: undefined,
    dockerMethod: undefined,
    dockerOptions: {},
    peers: undefined,
    hooks: {},
    ...settings,
  }
}

export function inventory(hosts: readonly InventoryHost[], settings: Partial<Inventory> = {}): Inventory {
  return {
    group: 'weave',
    clusterName: 'weave',
    subnet: '10.2.0.0/16',
    containerPrefix: 24,
    mtu: 1376,
    isEncrypted: true,
    trustedSubnets: [],
    hosts,
    ...settings,
  }
}

export function facts(
  settings: Partial<Omit<HostFacts, 'files'>> = {},
  files: Partial<HostFacts['files']> = {},
): HostFacts {
  const none: Record<FactPath, string | null> = {
    '/etc/default/docker': null,
    '/etc/docker/daemon.json': null,
    '/etc/network/interfaces': 'source /etc/network/interfaces.d/*\n',
  }
  return {
    publicKey: null,
    initSystem: 'systemd',
    networkTool: 'ifupdown',
    dockerPackage: 'docker.io',
    dockerUnitReadsDefaults: true,
    bridge: { isOurs: false, addresses: [], stanzas: [] },
    dockerMemory: { settings: {}, originals: { '/etc/default/docker': null, '/etc/docker/daemon.json': null } },
    addresses: [],
    ...settings,
    files: { ...none, ...files },
  }
}

export function lockOf(numbers: Readonly<Record<string, number>>, settings: Partial<Lock> = {}): Lock {
  const hosts = Object.entries(numbers).map(([name, index]) => ({ name, index, publicKey: undefined }))
  return { ...EMPTY_LOCK, network: { subnet: '10.2.0.0/16', containerPrefix: 24 }, hosts, ...settings }
}

/** The plan, or a failed test that says why there is none. */
export function planned(hosts: readonly InventoryHost[], input: Partial<PlanInput> = {}): Plan {
  const outcome = makePlan({ inventory: inventory(hosts), lock: EMPTY_LOCK, ...input })
  if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.problems.map(({ cause }) => cause).join('; ')}`)
  return outcome.plan
}

/** Causes and remedies, joined: what a test looks for in either. */
export function refusals(hosts: readonly InventoryHost[], input: Partial<PlanInput> = {}): readonly string[] {
  const outcome = makePlan({ inventory: inventory(hosts), lock: EMPTY_LOCK, ...input })
  return outcome.kind === 'refused' ? outcome.problems.map(({ cause, remedy }) => `${cause} → ${remedy}`) : []
}

/** Another address for each name, outside the overlay. */
function addressOf(name: string): string {
  const sum = [...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 2 ** 24, 7)
  return `172.${(sum >> 16) & 255}.${(sum >> 8) & 255}.${sum & 255}`
}
