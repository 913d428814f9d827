import { createSocket, type Socket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import dnsPacket from 'dns-packet'
import { framed, Upstream } from '../../../../src/agent/dns-server/upstream.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

type Behaviour = 'answers' | 'fails' | 'refuses' | 'is silent'

const [FIRST, SECOND] = ['127.0.0.2', '127.0.0.3'] as const
const TTL = 60
/** A busy machine takes its time even for what comes at once. */
const PATIENCE_MS = 1_500

describe('names of other domains (Weave rows DNS-08, FLAG-19, FLAG-20)', () => {
  const folder = useTemporaryFolder()
  const resolvers: Resolver[] = []
  let port = 0
  let now = 0
  let resolvConf = ''

  beforeEach(() => {
    port = 0
    now = 0
    resolvConf = join(folder(), 'resolv.conf')
  })

  afterEach(() => {
    for (const resolver of resolvers.splice(0)) resolver.close()
  })

  it.each(['fails', 'refuses', 'is silent'] as const)(
    'come from the second resolver when the first one %s',
    async how => {
      const [first, second] = [await resolver(FIRST, how), await resolver(SECOND, 'answers')]
      use(FIRST, SECOND)
      const reply = await upstream().ask(question('example.com'), 'udp')
      expect(addressIn(reply)).toBe('192.0.2.1')
      expect([first.asked, second.asked]).toEqual([1, 1])
    },
  )

  it('come from the first resolver that answers, and the others are not asked', async () => {
    const [, second] = [await resolver(FIRST, 'answers'), await resolver(SECOND, 'answers')]
    use(FIRST, SECOND)
    expect(addressIn(await upstream().ask(question('example.com'), 'udp'))).toBe('192.0.2.1')
    expect(second.asked).toBe(0)
  })

  it("are nobody's when no resolver answers in time", async () => {
    await resolver(FIRST, 'is silent')
    use(FIRST)
    expect(await upstream().ask(question('example.com'), 'udp')).toBeUndefined()
  })

  it('are asked for once while the answer lives, which is handed on with what is left of its time and with the id of each asker', async () => {
    const first = await resolver(FIRST, 'answers')
    use(FIRST)
    const asker = upstream()
    expect(timeIn(await asker.ask(question('example.com'), 'udp'))).toBe(TTL)
    now += 25_900
    const again = await asker.ask(question('example.com', 77), 'udp')
    expect([timeIn(again), decoded(again).id, first.asked]).toEqual([TTL - 25, 77, 1])
    expect(again?.readUInt16BE(0)).toBe(77)
    now += (TTL - 25) * 1000
    expect(timeIn(await asker.ask(question('example.com'), 'udp'))).toBe(TTL)
    expect(first.asked).toBe(2)
  })

  it('come back in the letters that each asker wrote', async () => {
    await resolver(FIRST, 'answers')
    use(FIRST)
    const asker = upstream()
    for (const name of ['example.com', 'eXample.Com']) {
      expect(decoded(await asker.ask(question(name), 'udp')).questions?.[0]?.name).toBe(name)
    }
  })

  it('leave the flags of EDNS as they are', async () => {
    await resolver(FIRST, 'answers')
    use(FIRST)
    const asker = upstream()
    const wanted = question('example.com', 5, true)
    const fresh = decoded(await asker.ask(wanted, 'udp'))
    now += 10_000
    const kept = decoded(await asker.ask(wanted, 'udp'))
    expect(fresh.additionals).toMatchObject([{ type: 'OPT', flag_do: true }])
    expect(kept.additionals).toEqual(fresh.additionals)
  })

  it('are asked for over TCP by those who came over TCP', async () => {
    await resolver(FIRST, 'answers')
    use(FIRST)
    expect(addressIn(await upstream().ask(question('example.com'), 'tcp'))).toBe('192.0.2.1')
  })

  it('go to the resolvers that the file names by then, and never to the router itself', async () => {
    const [first, second] = [await resolver(FIRST, 'answers'), await resolver(SECOND, 'answers')]
    use(FIRST)
    const asker = upstream([SECOND])
    await asker.ask(question('one.example.com'), 'udp')
    use(SECOND, FIRST)
    await asker.ask(question('two.example.com'), 'udp')
    expect([first.asked, second.asked]).toEqual([2, 0])
    use(SECOND)
    expect(await asker.ask(question('three.example.com'), 'udp')).toBeUndefined()
  })

  async function resolver(address: string, behaviour: Behaviour): Promise<Resolver> {
    const made = await Resolver.open(address, port, behaviour)
    port = made.port
    resolvers.push(made)
    return made
  }

  function use(...servers: readonly string[]): void {
    writeFileSync(resolvConf, servers.map(server => `nameserver ${server}\n`).join(''))
  }

  function upstream(own: readonly string[] = []): Upstream {
    return new Upstream({ resolvConf, timeoutMs: PATIENCE_MS, own: () => own, clock: () => now, port })
  }
})

/** A resolver of the host, over UDP and TCP. */
class Resolver {
  asked = 0
  readonly port: number
  readonly #udp: Socket
  readonly #tcp: Server

  private constructor(udp: Socket, behaviour: Behaviour) {
    this.#udp = udp
    this.port = udp.address().port
    this.#tcp = createServer(socket =>
      socket.on('data', data => this.#answer(data.subarray(2), behaviour, reply => socket.end(framed(reply)))),
    )
    udp.on('message', (query, from) =>
      this.#answer(query, behaviour, reply => udp.send(reply, from.port, from.address)),
    )
  }

  static async open(address: string, port: number, behaviour: Behaviour): Promise<Resolver> {
    const udp = createSocket('udp4')
    await new Promise<void>(resolve => udp.bind(port, address, resolve))
    const resolver = new Resolver(udp, behaviour)
    await new Promise<void>(resolve => resolver.#tcp.listen(resolver.port, address, resolve))
    return resolver
  }

  close(): void {
    this.#udp.close()
    this.#tcp.close()
  }

  #answer(query: Buffer, behaviour: Behaviour, send: (reply: Buffer) => void): void {
    this.asked++
    if (behaviour === 'is silent') return
    const { id = 0, questions = [], additionals = [] } = dnsPacket.decode(query)
    const rcode = { answers: 0, fails: 2, refuses: 5 }[behaviour]
    const [question] = questions
    const answer = { type: 'A' as const, name: question?.name ?? '', ttl: TTL, data: '192.0.2.1' }
    const answers = rcode === 0 ? [answer] : []
    send(dnsPacket.encode({ type: 'response', id, flags: rcode, questions, answers, additionals }))
  }
}

function question(name: string, id = 5, hasOptions = false): Buffer {
  const optional = {
    type: 'OPT' as const,
    name: '.' as const,
    udpPayloadSize: 1232,
    flags: dnsPacket.DNSSEC_OK,
    options: [],
  }
  const additionals = hasOptions ? [optional as never] : []
  return dnsPacket.encode({ type: 'query', id, questions: [{ type: 'A', name }], additionals })
}

function decoded(reply: Buffer | undefined) {
  if (reply === undefined) throw new Error('no answer')
  return dnsPacket.decode(reply)
}

function addressIn(reply: Buffer | undefined): unknown {
  const [answer] = decoded(reply).answers ?? []
  return answer?.type === 'A' ? answer.data : undefined
}

function timeIn(reply: Buffer | undefined): number | undefined {
  const [answer] = decoded(reply).answers ?? []
  return answer?.type === 'A' ? answer.ttl : undefined
}
