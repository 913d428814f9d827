import { createSocket } from 'node:dgram'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect } from 'node:net'
import dnsPacket from 'dns-packet'
import { DnsServer, type DnsServerOptions } from '../../../../src/agent/dns-server/dns-server.ts'
import { readServers, Upstream } from '../../../../src/agent/dns-server/upstream.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import { Names } from '../../../../src/core/dns/names.ts'

const LOCAL = '127.0.0.1'

describe('the name server', () => {
  let server: DnsServer
  const names = new Names({ self: '02:00:00:00:00:01' as PeerName, stored: undefined })

  beforeAll(async () => {
    for (let i = 1; i <= 30; i++) {
      names.add({ id: 'c', name: 'many.weave.local', data: { kind: 'address', address: `10.2.1.${i}` } })
    }
    names.add({ id: 'c', name: 'web.weave.local', data: { kind: 'address', address: '10.2.1.1' } })
    names.add({ id: 'c', name: 'text.weave.local', data: { kind: 'txt', text: 'hello' } })
    server = serverAt(0)
    await server.open()
  })

  afterAll(() => server.close())

  it('answers over UDP (DNS-05, DNS-06)', async () => {
    const reply = await overUdp(query('web.weave.local', 'A'))
    expect(reply.answers).toMatchObject([{ type: 'A', name: 'web.weave.local', ttl: 1, data: '10.2.1.1' }])
    expect(reply.flag_aa).toBe(true)
    expect((await overUdp(query('text.weave.local', 'TXT'))).answers).toMatchObject([{ type: 'TXT' }])
  })

  it('says which names there are not, and fails where no resolver can be asked', async () => {
    expect((await overUdp(query('none.weave.local', 'A'))).rcode).toBe('NXDOMAIN')
    expect((await overUdp(query('example.com', 'A'))).rcode).toBe('SERVFAIL')
  })

  it('cuts what is too long for a datagram, and has it whole over TCP (DNS-06)', async () => {
    const cut = await overUdp(query('many.weave.local', 'A'))
    expect(cut.flag_tc).toBe(true)
    expect(cut.answers).toEqual([])
    expect((await overUdp(query('many.weave.local', 'A', 1232))).answers?.length).toBe(30)
    expect((await overTcp(query('many.weave.local', 'A'))).answers?.length).toBe(30)
  })

  it('does not answer what is no query, and lives on', async () => {
    const socket = createSocket('udp4')
    for (const bytes of [[], [1], Array(12).fill(255), Array(600).fill(7)]) {
      socket.send(Buffer.from(bytes), server.listening?.port ?? 0, LOCAL)
    }
    expect((await overUdp(query('web.weave.local', 'A'))).answers?.length).toBe(1)
    socket.close()
  })

  it('says so when the host does not tell where to listen, and tries again', async () => {
    const logged: unknown[] = []
    const other = serverAt(0, {
      address: () => {
        throw new Error('open a netlink socket: EMFILE')
      },
      log: { write: (_, message, fields) => void logged.push([message, fields?.reason]) },
    })
    await other.open()
    other.close()
    expect(logged).toEqual([['names are not answered', 'open a netlink socket: EMFILE']])
  })

  it('leaves no socket behind when its port is taken, however often it tries', async () => {
    const taken = server.listening?.port ?? 0
    const before = openSockets()
    for (let i = 0; i < 20; i++) {
      const other = serverAt(taken)
      await other.open()
      expect(other.listening).toBeUndefined()
      other.close()
    }
    expect(openSockets()).toBe(before)
  })

  it('knows the resolvers of a host', () => {
    expect(readServers('/nonexistent')).toEqual([])
  })

  function serverAt(port: number, options: Partial<DnsServerOptions> = {}): DnsServer {
    return new DnsServer({
      port,
      address: () => LOCAL,
      domains: ['weave.local'],
      ttlSeconds: 1,
      nearestFirst: false,
      upstream: new Upstream({ resolvConf: '/nonexistent', timeoutMs: 100, own: () => [], clock: () => 0 }),
      shared: () => ({ ipam: undefined, names }),
      log: { write: () => undefined },
      ...options,
    })
  }

  function overUdp(bytes: Buffer): Promise<Decoded> {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4').once('error', reject)
      socket.once('message', message => {
        socket.close()
        resolve(dnsPacket.decode(message) as Decoded)
      })
      socket.send(bytes, server.listening?.port ?? 0, LOCAL)
    })
  }

  function overTcp(bytes: Buffer): Promise<Decoded> {
    return new Promise((resolve, reject) => {
      const socket = connect(server.listening?.port ?? 0, LOCAL).once('error', reject)
      let heard = Buffer.alloc(0)
      socket.on('data', part => {
        heard = Buffer.concat([heard, part])
        if (heard.length < 2 || heard.length < 2 + heard.readUInt16BE(0)) return
        socket.destroy()
        resolve(dnsPacket.streamDecode(heard) as Decoded)
      })
      const length = Buffer.alloc(2)
      length.writeUInt16BE(bytes.length)
      socket.write(Buffer.concat([length, bytes]))
    })
  }
})

function openSockets(): number {
  return readdirSync('/proc/self/fd').filter(fd => isSocket(`/proc/self/fd/${fd}`)).length
}

/** Not so of what was closed meanwhile, as the folder that is read. */
function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:')
  } catch {
    return false
  }
}

type Decoded = dnsPacket.DecodedPacket & { readonly rcode?: string }

function query(name: string, type: 'A' | 'TXT', udpPayloadSize?: number): Buffer {
  const additionals =
    udpPayloadSize === undefined
      ? []
      : [
          {
            type: 'OPT' as const,
            name: '.' as const,
            udpPayloadSize,
            extendedRcode: 0,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ]
  return dnsPacket.encode({
    type: 'query',
    id: 7,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type }],
    additionals,
  })
}
