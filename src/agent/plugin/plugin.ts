import { join } from 'node:path'
import { formatIpNetwork, type IpNetwork } from '../../base/ip-address.ts'
import type { NetworkWish } from '../docker/docker-client.ts'
import type { PortGuarding } from '../isolation/port-guard.ts'
import type { Logger } from '../runtime/logger.ts'
import { ipamDriver, type PoolSource } from './ipam-driver.ts'
import { networkDriver } from './network-driver.ts'
import { NetworkStore } from './network-store.ts'
import { PluginServer } from './plugin-server.ts'

export const DRIVER = 'weavemesh'

/** Docker takes the driver's name from the socket's. */
const SOCKET = `run/docker/plugins/${DRIVER}.sock`

export interface PluginOptions {
  readonly root: string
  readonly stateFolder: string
  readonly bridge: string
  readonly addresses: PoolSource
  readonly guard: PortGuarding
  readonly log: Logger
}

/** Docker's network and IPAM driver `weavemesh`, not yet listening. */
export function createPlugin({ root, stateFolder, bridge, addresses, guard, log }: PluginOptions): PluginServer {
  const calls = {
    'Plugin.Activate': () => ({ Implements: ['NetworkDriver', 'IpamDriver'] }),
    ...networkDriver({ bridge, guard, networks: new NetworkStore(stateFolder) }),
    ...ipamDriver(addresses, guard),
  }
  return new PluginServer(join(root, SOCKET), calls, log)
}

/** The network that is there without anybody making it; the others have no multicast unless they ask for it. */
export function weaveNetwork(subnet: IpNetwork): NetworkWish {
  return {
    Name: 'weave',
    Driver: DRIVER,
    IPAM: { Driver: DRIVER, Config: [{ Subnet: formatIpNetwork(subnet) }] },
    Options: { 'works.weave.multicast': 'true' },
  }
}
