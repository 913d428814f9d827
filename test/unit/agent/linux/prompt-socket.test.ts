import { allocatePinned, loadLibc } from '../../../../src/agent/linux/libc.ts'
import { MessageHeader } from '../../../../src/agent/linux/message-header.ts'
import { openPromptSocket } from '../../../../src/agent/linux/prompt-socket.ts'
import { SocketAddress } from '../../../../src/agent/linux/socket-address.ts'
import { openUdpSocket, portOf, type UdpSocket } from '../../../../src/agent/linux/udp-socket.ts'
import { EndpointKeys } from '../../../../src/core/router/index.ts'

const ROOM = 64
const SO_ATTACH_REUSEPORT_CBPF = 51
const libc = loadLibc()

describe.each([
  ['IPv4', '127.0.0.1', '127.0.0.1'],
  ['IPv4, by a socket of both families', '::', '::ffff:127.0.0.1'],
  ['IPv6', '::', '::1'],
])('the prompt socket, over %s', (_, listen, to) => {
  const opened: UdpSocket[] = []
  afterEach(() => {
    for (const { fd } of opened.splice(0)) libc.close(fd)
  })

  it('gets what prompt sockets send, and the first one what the others do, at one port', () => {
    const [near, far] = [openPair(), openPair()]
    sendTo(near.first, far.first, 'in its turn')
    sendTo(near.prompt, far.first, 'at once')
    expect(receive(far.first)).toEqual(['in its turn'])
    expect(receive(far.prompt)).toEqual(['at once'])
    expect(portOf(libc, near.prompt)).toBe(portOf(libc, near.first))
  })

  it('lets no other router have the port', () => {
    const { first } = openPair()
    expect(() => openUdpSocket(libc, { ip: listen, port: portOf(libc, first) })).toThrow('EADDRINUSE')
  })

  it('is none where the kernel does not choose, and leaves all to the first', () => {
    const first = keep(openUdpSocket(libc, { ip: listen, port: 0 }))
    const setsockopt: typeof libc.setsockopt = (fd, level, option, value, length) =>
      option === SO_ATTACH_REUSEPORT_CBPF ? -1 : libc.setsockopt(fd, level, option, value, length)
    expect(openPromptSocket({ ...libc, setsockopt }, first)).toBeUndefined()
    sendTo(openPair().prompt, first, 'at once')
    expect(receive(first)).toEqual(['at once'])
  })

  function keep(socket: UdpSocket): UdpSocket {
    opened.push(socket)
    return socket
  }

  function openPair(): { first: UdpSocket; prompt: UdpSocket } {
    const first = keep(openUdpSocket(libc, { ip: listen, port: 0 }))
    const prompt = openPromptSocket(libc, first)
    if (prompt === undefined) throw new Error('no prompt socket')
    return { first, prompt: keep(prompt) }
  }

  function sendTo(from: UdpSocket, receiver: UdpSocket, text: string): void {
    const keys = new EndpointKeys()
    const address = new SocketAddress(keys, from.family)
    address.set(keys.of({ ip: to, port: portOf(libc, receiver) }))
    const memory = allocatePinned(ROOM)
    const length = memory.bytes.write(text)
    expect(libc.sendto(from.fd, memory.address, length, 0, address.address, address.length)).toBe(length)
  }

  /** All that is there: the loopback device has delivered before the call that sends is over. */
  function receive({ fd, family }: UdpSocket): string[] {
    const message = new MessageHeader(new SocketAddress(new EndpointKeys(), family))
    const memory = allocatePinned(ROOM)
    const texts: string[] = []
    for (;;) {
      message.forReceiving(memory.address, ROOM)
      const length = libc.recvmsg(fd, message.address, 0)
      if (length < 0) return texts
      texts.push(memory.bytes.toString('latin1', 0, length))
    }
  }
})
