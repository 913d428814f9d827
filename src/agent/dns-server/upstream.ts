import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { connect, isIP } from 'node:net'
import { aged, lifeOf } from './packet.ts'

export const CACHE_MAX = 10_000
const LIFE_SECONDS_MAX = 3_600
const UNDER_WAY_MAX = 2_000
/** Questions that are longer are not remembered. */
const KEY_BYTES_MAX = 512

export interface UpstreamOptions {
  readonly resolvConf: string
  readonly timeoutMs: number
  /** Own addresses: never asked, or a question would go round for ever. */
  readonly own: () => readonly string[]
  readonly clock: () => number
  /** 53 where it is left out. */
  readonly port?: number
}

interface Kept {
  readonly reply: Buffer
  readonly since: number
  readonly endsAt: number
}

/** Asks the host's resolvers for names of other domains, in their order (Weave row DNS-08), and keeps their answers while they live. */
export class Upstream {
  readonly #options: UpstreamOptions
  readonly #cache = new Map<string, Kept>()
  #underWay = 0

  constructor(options: UpstreamOptions) {
    this.#options = options
  }

  get servers(): readonly string[] {
    const own = this.#options.own()
    return readServers(this.#options.resolvConf).filter(server => !own.includes(server))
  }

  /** Undefined when no resolver answers in time. */
  async ask(query: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    const { clock, timeoutMs, port = 53 } = this.#options
    const now = clock()
    // All but the id: the case of the letters comes back as it was asked, and options are answered to those who have them.
    const key = `${transport} ${query.toString('latin1', 2)}`
    const kept = this.#cache.get(key)
    if (kept !== undefined && kept.endsAt > now) {
      return withId(aged(kept.reply, Math.floor((now - kept.since) / 1000)), query)
    }
    if (this.#underWay >= UNDER_WAY_MAX) return undefined
    this.#underWay++
    try {
      for (const server of this.servers) {
        const reply = await (transport === 'udp' ? askUdp : askTcp)({ server, port, query, timeoutMs })
        if (reply === undefined || isFailure(reply)) continue
        if (query.length <= KEY_BYTES_MAX) this.#keep(key, reply)
        return reply
      }
      return undefined
    } finally {
      this.#underWay--
    }
  }

  #keep(key: string, reply: Buffer): void {
    const life = Math.min(lifeOf(reply) ?? 0, LIFE_SECONDS_MAX)
    if (life <= 0) return
    this.#cache.delete(key)
    const [oldest] = this.#cache.keys()
    if (this.#cache.size >= CACHE_MAX && oldest !== undefined) this.#cache.delete(oldest)
    const since = this.#options.clock()
    this.#cache.set(key, { reply, since, endsAt: since + life * 1000 })
  }
}

/** `nameserver` lines of resolv.conf(5); none when the file cannot be read. */
export function readServers(path: string): readonly string[] {
  let text = ''
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return []
  }
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server = '']) => server)
  return servers.filter(server => isIP(server) !== 0)
}

function withId(reply: Buffer, query: Buffer): Buffer {
  const copy = Buffer.from(reply)
  query.copy(copy, 0, 0, 2)
  return copy
}

function isFailure(reply: Buffer): boolean {
  const rcode = reply.readUInt16BE(2) & 15
  return rcode === 2 || rcode === 5
}

interface Question {
  readonly server: string
  readonly port: number
  readonly query: Buffer
  readonly timeoutMs: number
}

function askUdp({ server, port, query, timeoutMs }: Question): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = createSocket(isIP(server) === 6 ? 'udp6' : 'udp4')
    let isOver = false
    const end = (reply: Buffer | undefined) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      socket.close()
      resolve(reply)
    }
    const timer = setTimeout(() => end(undefined), timeoutMs)
    socket.on('error', () => end(undefined))
    socket.on('message', message => {
      if (message.length >= 12 && message.readUInt16BE(0) === query.readUInt16BE(0)) end(message)
    })
    // Connected, so that nobody else can answer, and a closed port is heard of.
    const connected = (cause?: Error) => (cause instanceof Error ? end(undefined) : socket.send(query))
    socket.connect(port, server, connected as () => void)
  })
}

function askTcp({ server, port, query, timeoutMs }: Question): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host: server, port, timeout: timeoutMs })
    let heard = Buffer.alloc(0)
    const end = (reply: Buffer | undefined) => {
      socket.destroy()
      resolve(reply)
    }
    socket.on('error', () => end(undefined))
    socket.on('timeout', () => end(undefined))
    socket.on('close', () => end(undefined))
    socket.on('connect', () => socket.write(framed(query)))
    socket.on('data', part => {
      heard = Buffer.concat([heard, part])
      if (heard.length >= 14 && heard.length >= 2 + heard.readUInt16BE(0))
        end(heard.subarray(2, 2 + heard.readUInt16BE(0)))
    })
  })
}

/** RFC 1035, section 4.2.2. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
