import { isIpv6Text } from '../../base/endpoint.ts'
import { FAST_PATH_PORT } from '../../contract/ports.ts'
import { EndpointKeys } from '../../core/router/index.ts'
import { allocatePinned, type Libc } from '../linux/libc.ts'
import { SocketAddress, type SocketFamily } from '../linux/socket-address.ts'
import { openAskingSocket, type UdpSocket } from '../linux/udp-socket.ts'

type Sockets = ReadonlyMap<SocketFamily, UdpSocket>

/**
 * What questions of the fast path are sent from. A question is never cut, neither by this host nor on its way, and is not sent where
 * the kernel has been told that the path takes less: frames of that size, which containers forbid to cut, would not pass either.
 */
export class ProbeSockets {
  readonly #libc: Libc
  readonly #obeying: Sockets
  /** These try what the kernel has been told does not pass, which may be so no more. */
  readonly #doubting: Sockets
  readonly #keys = new EndpointKeys()

  constructor(libc: Libc) {
    const open = (obeys: boolean): Sockets => {
      const families = ['ipv4', 'ipv6'] as const
      const sockets = families.flatMap(family => openAskingSocket(libc, { family, obeys }) ?? [])
      return new Map(sockets.map(socket => [socket.family, socket]))
    }
    this.#libc = libc
    this.#obeying = open(true)
    this.#doubting = open(false)
  }

  /** What cannot be sent is a question without an answer. `too large`: for what the kernel knows of the path. */
  send(datagram: Buffer, ip: string): 'sent' | 'too large' | 'not sent' {
    return this.#send(this.#obeying, datagram, ip)
  }

  /** Whatever the kernel has been told of the path. */
  sendAnyway(datagram: Buffer, ip: string): 'sent' | 'too large' | 'not sent' {
    return this.#send(this.#doubting, datagram, ip)
  }

  close(): void {
    for (const { fd } of [...this.#obeying.values(), ...this.#doubting.values()]) this.#libc.close(fd)
  }

  #send(sockets: Sockets, datagram: Buffer, ip: string): 'sent' | 'too large' | 'not sent' {
    const family = isIpv6Text(ip) ? 'ipv6' : 'ipv4'
    const socket = sockets.get(family)
    if (socket === undefined) return 'not sent'
    const to = new SocketAddress(this.#keys, family)
    to.set(this.#keys.of({ ip, port: FAST_PATH_PORT }))
    const { bytes, address } = allocatePinned(datagram.length)
    bytes.set(datagram)
    if (this.#libc.sendto(socket.fd, address, bytes.length, 0, to.address, to.length) >= 0) return 'sent'
    return this.#libc.errorName() === 'EMSGSIZE' ? 'too large' : 'not sent'
  }
}
