import { formatIpv4, parseIpv4 } from '../../../base/ipv4.ts'
import { publicBytesOf } from './key-pair.ts'
import type { WireguardChange, WireguardPeerChange, WireguardState } from './wireguard-device.ts'

/** The cross-platform configuration protocol of WireGuard (wireguard.com/xplatform): lines of `key=value`, an empty one at the end. */

export const READ_DEVICE = 'get=1\n\n'

export function changeText({ privateKey, port, peers }: WireguardChange): string {
  const lines = [
    'set=1',
    ...(privateKey === undefined ? [] : [`private_key=${hex(privateKey)}`]),
    ...(port === undefined ? [] : [`listen_port=${port}`]),
    ...peers.flatMap(peerLines),
  ]
  return `${lines.join('\n')}\n\n`
}

/** Undefined when the answer is that it failed. */
export function readState(answer: string): WireguardState | undefined {
  const lines = linesOf(answer)
  if (!isDone(answer)) return undefined
  const privateKey = lines.find(([key]) => key === 'private_key')?.[1]
  const peers: { publicKey: Uint8Array; addresses: WireguardState['peers'][number]['addresses'] }[] = []
  for (const [key, value] of lines) {
    if (key === 'public_key') peers.push({ publicKey: Buffer.from(value, 'hex'), addresses: [] })
    const last = peers.at(-1)
    const address = key === 'allowed_ip' ? parseIpv4(value.replace(/\/32$/, '')) : undefined
    if (last !== undefined && address?.ok === true) last.addresses = [...last.addresses, address.value]
  }
  const isSet = privateKey !== undefined && !/^0*$/.test(privateKey)
  return { publicKey: isSet ? publicBytesOf(Buffer.from(privateKey, 'hex')) : undefined, peers }
}

export function isDone(answer: string): boolean {
  return linesOf(answer).some(([key, value]) => key === 'errno' && value === '0')
}

function peerLines(peer: WireguardPeerChange): readonly string[] {
  const key = `public_key=${hex(peer.publicKey)}`
  if (peer.kind === 'remove') return [key, 'remove=true']
  const { presharedKey, endpoint, address } = peer
  return [
    key,
    ...(presharedKey === undefined ? [] : [`preshared_key=${hex(presharedKey)}`]),
    ...(endpoint === undefined
      ? []
      : [`endpoint=${endpoint.ip.includes(':') ? `[${endpoint.ip}]` : endpoint.ip}:${endpoint.port}`]),
    ...(address === undefined ? [] : [`allowed_ip=${formatIpv4(address)}/32`]),
  ]
}

function linesOf(text: string): readonly (readonly [string, string])[] {
  return text.split('\n').flatMap(line => {
    const at = line.indexOf('=')
    return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const]
  })
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
