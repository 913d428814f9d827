import { listAttached } from '../containers/overview.ts'
import type { DockerClient } from '../docker/docker-client.ts'

/** A container's first address on the overlay. */
export interface OverlayPlace {
  readonly mac: string
  /** As `10.2.1.1/24`. */
  readonly address: string
}

/** What `docker inspect` is told, with the overlay's address in the place of Docker's own (Weave row FLAG-32). */
export function rewriteInspect(text: string, { mac, address }: OverlayPlace): string {
  const [ip = '', prefix = ''] = address.split('/')
  const container = JSON.parse(text) as { NetworkSettings?: object }
  const shown = { IPAddress: ip, IPPrefixLen: Number(prefix), MacAddress: mac }
  return JSON.stringify({ ...container, NetworkSettings: { ...container.NetworkSettings, ...shown } })
}

export function placeOnBridge(docker: Pick<DockerClient, 'find' | 'inspect' | 'list'>, bridge: string) {
  return async (id: string): Promise<OverlayPlace | undefined> => {
    for (const { mac, addresses } of await listAttached(docker, bridge, [id])) {
      const address = addresses[0]
      if (address !== undefined) return { mac, address }
    }
    return undefined
  }
}
