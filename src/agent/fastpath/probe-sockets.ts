import { isIpv6Text } from '../../base/endpoint.ts'
import { FAST_PATH_PORT } from '../../contract/ports.ts'
import { EndpointKeys } from '../../core/router/index.ts'
import { allocatePinned, type Libc } from '../linux/libc.ts'
import { SocketAddress, type SocketFamily } from '../linux/socket-address.ts'
import { openAskingSocket, type UdpSocket } from '../linux/udp-socket.ts'

/**
 * What questions of the fast path are sent from. A question is never cut, neither by this host nor on its way, and is not sent where
 * the kernel knows that the path takes less: frames of that size, which containers forbid to cut, would not pass either.
 */
export class ProbeSockets {
  readonly #libc: Libc
  readonly #sockets: ReadonlyMap<SocketFamily, UdpSocket>
  readonly #keys = new EndpointKeys()

  constructor(libc: Libc) {
    this.#libc = libc
    const sockets = (['ipv4', 'ipv6'] as const).flatMap(family => openAskingSocket(libc, family) ?? [])
    this.#sockets = new Map(sockets.map(socket => [socket.family, socket]))
  }

  /** What cannot be sent is a question without an answer. */
  send(datagram: Buffer, ip: string): void {
    const family = isIpv6Text(ip) ? 'ipv6' : 'ipv4'
    const socket = this.#sockets.get(family)
    if (socket === undefined) return
    const to = new SocketAddress(this.#keys, family)
    to.set(this.#keys.of({ ip, port: FAST_PATH_PORT }))
    const { bytes, address } = allocatePinned(datagram.length)
    bytes.set(datagram)
    this.#libc.sendto(socket.fd, address, bytes.length, 0, to.address, to.length)
  }

  close(): void {
    for (const { fd } of this.#sockets.values()) this.#libc.close(fd)
  }
}
