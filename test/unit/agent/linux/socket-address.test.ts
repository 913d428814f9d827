import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { allocatePinned, loadLibc } from '../../../../src/agent/linux/libc.ts'
import { MessageHeader } from '../../../../src/agent/linux/message-header.ts'
import { SocketAddress } from '../../../../src/agent/linux/socket-address.ts'
import { openUdpSocket } from '../../../../src/agent/linux/udp-socket.ts'
import { EndpointKeys } from '../../../../src/core/router/index.ts'

describe('the address of a socket', () => {
  it.each([
    { family: 'ipv4', ips: ['192.0.2.1', '10.0.0.1'] },
    { family: 'ipv6', ips: ['192.0.2.1', '2001:db8::1', '::1', '10.0.0.1'] },
  ] as const)('of family $family reads back as what it was set to', ({ family, ips }) => {
    const keys = new EndpointKeys()
    const address = new SocketAddress(keys, family)
    for (const ip of ips) {
      address.set(keys.of({ ip, port: 6783 }))
      expect(keys.endpointOf(address.read())).toEqual({ ip, port: 6783 })
    }
  })
})

describe('the socket of the sleeve', () => {
  it.each([
    { ip: '::', far: '127.0.0.1', type: 'udp4' },
    { ip: '::', far: '::1', type: 'udp6' },
    { ip: '0.0.0.0', far: '127.0.0.1', type: 'udp4' },
  ] as const)('at $ip sends to $far, and knows who answers', async ({ ip, far, type }) => {
    const peer = createSocket(type)
    peer.bind(0, far)
    await once(peer, 'listening')
    const sleeve = new OpenSocket(ip)
    try {
      const heard = once(peer, 'message') as Promise<[Buffer, { port: number }]>
      expect(sleeve.send({ ip: far, port: peer.address().port })).toBe(3)
      const [bytes, sender] = await heard
      expect([...bytes]).toEqual([1, 2, 3])
      await answer(peer, sender.port, far)
      expect(await sleeve.receive()).toEqual({ ip: far, port: peer.address().port })
    } finally {
      sleeve.close()
      peer.close()
    }
  })

  it('of IPv4 alone does not send to IPv6', () => {
    const sleeve = new OpenSocket('127.0.0.1')
    expect(sleeve.send({ ip: '::1', port: 9 })).toBe(-1)
    sleeve.close()
  })
})

class OpenSocket {
  readonly #libc = loadLibc()
  readonly #keys = new EndpointKeys()
  readonly #socket
  readonly #message
  readonly #buffer = allocatePinned(64)

  constructor(ip: string) {
    this.#socket = openUdpSocket(this.#libc, { ip, port: 0 })
    this.#message = new MessageHeader(new SocketAddress(this.#keys, this.#socket.family))
    this.#buffer.bytes.set([1, 2, 3])
  }

  send(to: { ip: string; port: number }): number {
    const { address, length } = this.#message.endpoint
    this.#message.endpoint.set(this.#keys.of(to))
    return this.#libc.sendto(this.#socket.fd, this.#buffer.address, 3, 0, address, length)
  }

  async receive() {
    this.#message.forReceiving(this.#buffer.address, 64)
    for (;;) {
      if (this.#libc.recvmsg(this.#socket.fd, this.#message.address, 0) > 0) break
      await new Promise(resolve => setImmediate(resolve))
    }
    return this.#keys.endpointOf(this.#message.endpoint.read())
  }

  close(): void {
    this.#libc.close(this.#socket.fd)
  }
}

function answer(peer: Socket, port: number, ip: string): Promise<void> {
  return new Promise((resolve, reject) => {
    peer.send(Buffer.of(4), port, ip, error => (error === null ? resolve() : reject(error)))
  })
}
