import { joinBridge } from '../containers/interface-commands.ts'
import type { Argv } from '../linux/run-command.ts'

export interface EndpointWish {
  readonly hostEnd: string
  /** Still among the host's devices: Docker moves it. */
  readonly containerEnd: string
  readonly bridge: string
  readonly mtu: number
}

/** A pair with one end in the bridge. */
export function makeEndpoint({ hostEnd, containerEnd, bridge, mtu }: EndpointWish): readonly Argv[] {
  const size = ['mtu', String(mtu)]
  return [
    ['ip', 'link', 'add', 'name', hostEnd, ...size, 'type', 'veth', 'peer', 'name', containerEnd, ...size],
    joinBridge(hostEnd, bridge),
  ]
}
