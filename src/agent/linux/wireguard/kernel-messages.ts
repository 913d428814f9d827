import type { Endpoint } from '../../../base/endpoint.ts'
import { isIpv4, parseIpAddress } from '../../../base/ip-address.ts'
import { type Ipv4, ipv4FromNumber } from '../../../base/ipv4.ts'
import { attribute, listAttributes, nested, readAttributes, text, word } from '../netlink.ts'
import type { WireguardChange, WireguardPeerChange, WireguardState } from './wireguard-device.ts'

/** linux/wireguard.h. */
const DEVICE = { name: 2, privateKey: 3, publicKey: 4, port: 6, peers: 8 } as const
const PEER = { publicKey: 1, presharedKey: 2, flags: 3, endpoint: 4, addresses: 9 } as const
const ADDRESS = { family: 1, address: 2, prefix: 3 } as const
const REMOVE_ME = 1
const AF_INET = 2
const AF_INET6 = 10

/** Attributes that name the device. */
export function deviceName(name: string): Buffer {
  return attribute(DEVICE.name, text(name))
}

/** Attributes of WG_CMD_SET_DEVICE. */
export function deviceChange(name: string, { privateKey, port, peers }: WireguardChange): Buffer {
  return Buffer.concat([
    deviceName(name),
    ...(privateKey === undefined ? [] : [attribute(DEVICE.privateKey, privateKey)]),
    ...(port === undefined ? [] : [attribute(DEVICE.port, word16(port))]),
    ...(peers.length === 0
      ? []
      : [
          nested(
            DEVICE.peers,
            peers.map(peer => nested(0, peerAttributes(peer))),
          ),
        ]),
  ])
}

/** `answers`: attributes of the messages that answer WG_CMD_GET_DEVICE; one peer may be spread over several. */
export function deviceState(answers: readonly Buffer[]): WireguardState {
  let publicKey: Uint8Array | undefined
  const peers = new Map<string, Ipv4[]>()
  for (const answer of answers) {
    const found = readAttributes(answer)
    publicKey ??= found.get(DEVICE.publicKey)
    for (const [, peer] of listAttributes(found.get(DEVICE.peers) ?? NOTHING)) {
      const said = readAttributes(peer)
      const key = (said.get(PEER.publicKey) ?? NOTHING).toString('base64')
      peers.set(key, [...(peers.get(key) ?? []), ...readAddresses(said.get(PEER.addresses) ?? NOTHING)])
    }
  }
  return {
    publicKey,
    peers: [...peers].map(([key, addresses]) => ({ publicKey: Buffer.from(key, 'base64'), addresses })),
  }
}

const NOTHING = Buffer.alloc(0)

function peerAttributes(peer: WireguardPeerChange): readonly Buffer[] {
  const key = attribute(PEER.publicKey, peer.publicKey)
  if (peer.kind === 'remove') return [key, attribute(PEER.flags, word(REMOVE_ME))]
  const { presharedKey, endpoint, address } = peer
  return [
    key,
    ...(presharedKey === undefined ? [] : [attribute(PEER.presharedKey, presharedKey)]),
    ...(endpoint === undefined ? [] : [attribute(PEER.endpoint, socketAddress(endpoint))]),
    ...(address === undefined ? [] : [nested(PEER.addresses, [nested(0, addressAttributes(address))])]),
  ]
}

function addressAttributes(address: Ipv4): readonly Buffer[] {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(address)
  return [
    attribute(ADDRESS.family, word16(AF_INET)),
    attribute(ADDRESS.address, bytes),
    attribute(ADDRESS.prefix, Buffer.of(32)),
  ]
}

function readAddresses(list: Buffer): readonly Ipv4[] {
  return listAttributes(list).flatMap(([, entry]) => {
    const found = readAttributes(entry)
    const address = found.get(ADDRESS.address)
    return found.get(ADDRESS.family)?.readUInt16LE() === AF_INET && address?.length === 4
      ? [ipv4FromNumber(address.readUInt32BE())]
      : []
  })
}

/** `struct sockaddr_in` or `struct sockaddr_in6`. */
function socketAddress({ ip, port }: Endpoint): Buffer {
  const parsed = parseIpAddress(ip)
  const address = parsed.ok ? parsed.value : 0n
  const isV4 = isIpv4(address)
  const bytes = Buffer.alloc(isV4 ? 16 : 28)
  bytes.writeUInt16LE(isV4 ? AF_INET : AF_INET6, 0)
  bytes.writeUInt16BE(port, 2)
  if (isV4) bytes.writeUInt32BE(Number(address & 0xffff_ffffn), 4)
  else bytes.write(address.toString(16).padStart(32, '0'), 8, 'hex')
  return bytes
}

function word16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
