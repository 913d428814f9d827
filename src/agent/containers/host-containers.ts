import { dirname } from 'node:path'
import { parseCidr } from '../../base/cidr.ts'
import type { AgentConfig } from '../../contract/agent-config.ts'
import { DockerClient, dockerSocket } from '../docker/docker-client.ts'
import { agentPaths } from '../host/agent-paths.ts'
import { AddressClient } from '../http/address-client.ts'
import type { Logger } from '../runtime/logger.ts'
import { Attaching } from './attaching.ts'
import { AttachmentStore } from './attachment-store.ts'
import { BridgeNames } from './bridge-names.ts'
import { ContainerKeeper } from './container-keeper.ts'
import { Exposing } from './exposing.ts'

/** All that works on the containers of one host, in a command as in the agent. */
export interface HostContainers {
  readonly docker: DockerClient
  readonly addresses: AddressClient
  readonly attaching: Attaching
  readonly exposing: Exposing
  readonly store: AttachmentStore
  readonly names: BridgeNames
  readonly bridge: string
}

type Place = Pick<AgentConfig, 'bridge' | 'subnet'>

export function hostContainers(root: string, config: Place | undefined): HostContainers {
  const paths = agentPaths(root)
  const parsed = parseCidr(config?.subnet ?? '')
  const overlay = parsed.ok ? parsed.value : undefined
  const docker = new DockerClient(dockerSocket(root, process.env))
  const addresses = new AddressClient(paths.controlSocket)
  const bridge = config?.bridge.name ?? 'weave'
  const store = new AttachmentStore(paths.state)
  const place = { addresses, bridge, stateFolder: paths.state, lockFolder: dirname(paths.controlSocket) }
  return {
    docker,
    addresses,
    bridge,
    store,
    attaching: new Attaching({ ...place, docker, store }),
    exposing: new Exposing({ ...place, overlay }),
    names: new BridgeNames({ docker, addresses, overlay }),
  }
}

export function keepContainers(root: string, config: Place, log: Logger): ContainerKeeper {
  const keeper = new ContainerKeeper({ ...hostContainers(root, config), log })
  keeper.start()
  return keeper
}
