import { readdirSync, readFileSync } from 'node:fs'
import { formatIpOnNetwork } from '../../base/ip-address.ts'
import type { DockerClient } from '../docker/docker-client.ts'
import { EXPOSED_ID } from './exposing.ts'
import { devicesIn, devicesInIfThere, namespaceOf } from './namespace-devices.ts'

/** One line of `weave ps`. */
export interface AttachedContainer {
  /** A container's id, or `weave:expose` for the host itself. */
  readonly id: string
  readonly mac: string
  readonly addresses: readonly string[]
}

/** The host itself, then the containers with a port of the bridge, however they came by it. */
export async function listAttached(
  docker: Pick<DockerClient, 'find' | 'inspect' | 'list'>,
  bridge: string,
  references: readonly string[],
): Promise<readonly AttachedContainer[]> {
  const isAll = references.length === 0
  const ids = isAll ? await docker.list() : references.filter(reference => reference !== EXPOSED_ID)
  const ports = portsOf(bridge)
  const found: AttachedContainer[] = isAll || references.includes(EXPOSED_ID) ? await hostOf(bridge) : []
  for (const id of ids) {
    // One of a list may have ended since.
    const container = isAll ? await docker.find(id) : await docker.inspect(id)
    if (container?.isRunning !== true || container.networkMode === 'host') continue
    for (const device of await devicesInIfThere(namespaceOf(container.pid))) {
      if (device.peerIndex === undefined || !ports.has(device.peerIndex)) continue
      found.push({ id: container.id, mac: device.mac, addresses: device.addresses.map(formatIpOnNetwork) })
    }
  }
  return found
}

/** As the original printed it (Weave row CLI-16). */
export function formatAttached(attached: readonly AttachedContainer[]): string {
  return attached
    .map(({ id, mac, addresses }) => `${[id === EXPOSED_ID ? id : id.slice(0, 12), mac, ...addresses].join(' ')}\n`)
    .join('')
}

async function hostOf(bridge: string): Promise<AttachedContainer[]> {
  const devices = await devicesIn('/proc/self/ns/net')
  const device = devices.find(({ name }) => name === bridge)
  if (device === undefined) return []
  return [{ id: EXPOSED_ID, mac: device.mac, addresses: device.addresses.map(formatIpOnNetwork) }]
}

/** Indexes of the devices that are ports of the bridge. */
function portsOf(bridge: string): ReadonlySet<number> {
  try {
    const names = readdirSync(`/sys/class/net/${bridge}/brif`)
    return new Set(names.map(name => Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'))))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Set()
    throw cause
  }
}
