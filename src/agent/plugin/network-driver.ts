import { readdirSync } from 'node:fs'
import { parseIpOnNetwork } from '../../base/ip-address.ts'
import type { PortGuarding } from '../isolation/port-guard.ts'
import { deleteDevice, makePort } from '../linux/change-device.ts'
import { requireBridge } from '../linux/required-bridge.ts'
import { runAside } from '../linux/run-aside.ts'
import { inUse } from './ipam-driver.ts'
import type { NetworkStore } from './network-store.ts'
import { objectOf, type PluginCall, type PluginCalls, textOf } from './plugin-server.ts'

const GENERIC = 'com.docker.network.generic'
const MULTICAST = 'works.weave.multicast'
/** Docker adds a number: `ethwe0`. */
const DEVICE_PREFIX = 'ethwe'
const CONNECTED_ROUTE = 1

export interface NetworkDriverOptions {
  readonly bridge: string
  readonly guard: PortGuarding
  readonly networks: NetworkStore
}

/**
 * Docker's network driver `weavemesh` (Weave row PLG-01). Docker moves the device into the container and gives it its address,
 * so the container has both before its first instruction. Nothing here asks Docker: it waits for the answer. Each call may come
 * again.
 */
export function networkDriver({ bridge, guard, networks }: NetworkDriverOptions): PluginCalls {
  return {
    'NetworkDriver.GetCapabilities': () => ({ Scope: 'local', ConnectivityScope: 'global' }),
    'NetworkDriver.CreateNetwork': call => {
      networks.save(textOf(call, 'NetworkID'), { multicast: wantsMulticast(call) })
      return {}
    },
    'NetworkDriver.DeleteNetwork': call => {
      networks.remove(textOf(call, 'NetworkID'))
      return {}
    },
    'NetworkDriver.AllocateNetwork': () => ({}),
    'NetworkDriver.FreeNetwork': () => ({}),
    'NetworkDriver.CreateEndpoint': async call => {
      await admit(guard, call)
      return { Interface: {} }
    },
    'NetworkDriver.EndpointOperInfo': () => ({ Value: {} }),
    'NetworkDriver.DiscoverNew': () => ({}),
    'NetworkDriver.DiscoverDelete': () => ({}),
    'NetworkDriver.ProgramExternalConnectivity': () => ({}),
    'NetworkDriver.RevokeExternalConnectivity': () => ({}),
    'NetworkDriver.Join': call => join(bridge, networks, call),
    'NetworkDriver.Leave': removeEndpoint,
    'NetworkDriver.DeleteEndpoint': async call => {
      await guard.release(endsOf(call).hostEnd)
      return removeEndpoint(call)
    },
  }
}

/**
 * Pairs with both ends on the host: of containers that ended while nobody heard Docker say so. For the time before Docker can
 * call, when no pair is on its way into a container.
 */
export function removeStrayEndpoints(): void {
  const devices = readdirSync('/sys/class/net')
  for (const device of devices) {
    const id = /^vethwl(\w+)$/.exec(device)?.[1]
    if (id !== undefined && devices.includes(`vethwg${id}`)) deleteDevice(device)
  }
}

async function join(bridge: string, networks: NetworkStore, call: PluginCall): Promise<object> {
  const { hostEnd, containerEnd } = endsOf(call)
  const { mtu } = requireBridge(bridge)
  deleteDevice(hostEnd)
  const size = ['mtu', String(mtu)]
  await runAside(['ip', 'link', 'add', 'name', hostEnd, ...size, 'type', 'veth', 'peer', 'name', containerEnd, ...size])
  try {
    makePort(hostEnd, bridge, { isUp: true })
  } catch (cause) {
    deleteDevice(hostEnd)
    throw cause
  }
  const { multicast } = networks.load(textOf(call, 'NetworkID'))
  return {
    InterfaceName: { SrcName: containerEnd, DstPrefix: DEVICE_PREFIX },
    StaticRoutes: multicast ? [{ Destination: '224.0.0.0/4', RouteType: CONNECTED_ROUTE }] : [],
  }
}

/** Docker says here, and nowhere else, what it gives the container. */
async function admit(guard: PortGuarding, call: PluginCall): Promise<void> {
  const given = objectOf(call, 'Interface')
  const { hostEnd } = endsOf(call)
  const addresses = [textOf(given, 'Address'), textOf(given, 'AddressIPv6')].flatMap(text => {
    const address = parseIpOnNetwork(text)
    return address.ok ? [address.value] : []
  })
  for (const { address } of addresses) {
    const holder = guard.holderOf(address)
    if (holder !== undefined && holder !== hostEnd) throw new Error(inUse(address))
  }
  await guard.admit(hostEnd, addresses)
}

function removeEndpoint(call: PluginCall): object {
  deleteDevice(endsOf(call).hostEnd)
  return {}
}

/** Devices have names of at most 15 characters (Weave row LAN-02). */
function endsOf(call: PluginCall): { readonly hostEnd: string; readonly containerEnd: string } {
  const id = textOf(call, 'EndpointID')
  if (!/^[0-9a-f]{12,}$/.test(id)) throw new Error(`'${id}' is not the id of an endpoint`)
  return { hostEnd: `vethwl${id.slice(0, 9)}`, containerEnd: `vethwg${id.slice(0, 9)}` }
}

/** As `-o works.weave.multicast=true`, or without a value. */
function wantsMulticast(call: PluginCall): boolean {
  const value = objectOf(objectOf(call, 'Options'), GENERIC)[MULTICAST]
  return value === '' || value === 'true' || value === '1' || value === true
}
