import type { DatagramCipher, ForwardingTable } from '../../core/router/index.ts'
import { EventFd } from '../linux/event-fd.ts'
import { allocatePinned, type Libc } from '../linux/libc.ts'
import type { SocketFamily } from '../linux/socket-address.ts'
import { openSocketPair } from '../linux/socket-pair.ts'
import type { TapOffload } from '../linux/tap-device.ts'
import { openUdpSocket, portOf, type UdpSocket } from '../linux/udp-socket.ts'
import { VIRTIO_HEADER_BYTES } from '../linux/virtio-header.ts'
import { PacketPump } from './packet-pump.ts'

/** So many rounds in all; the engine has compiled what they run after some 350. */
const ROUNDS = 600
/** In one scene: frames wait no longer than about a millisecond for it. */
const SCENE_ROUNDS = 15
const FRAME_BYTES = 98
const ROOM_BYTES = 2048
/** Last byte of a sender's address, and its place in a frame. */
const SENDER = 8
const SENDER_LAST = 11
/** Of a path that has been measured. */
const DATAGRAM_BYTES = 1500
/** A socket of both families speaks to IPv4 by mapped addresses. */
const LOOPBACK = { ipv4: '127.0.0.1', ipv6: '::ffff:127.0.0.1' } as const

/** All but `rounds` as the data path itself has it: what is not the same is not rehearsed. */
export interface RehearsalOptions {
  readonly libc: Libc
  readonly cipher: DatagramCipher
  readonly offload: TapOffload
  readonly family: SocketFamily
  readonly clock: () => number
  readonly rounds?: number
}

/**
 * Has two pumps give each other frames, as a ping does, over sockets of this process. The engine interprets what has run a few
 * times only, and compiles what has run often: without this, frames on a quiet network would take several times as long, for hours.
 * What it compiles holds for objects of the kinds that it has seen; the first of another kind, and it interprets again: so the
 * players have what the data path has. It costs more than the start of a router, so it is played in scenes, once the start is over.
 */
export class Rehearsal {
  readonly #options: RehearsalOptions
  #cast: Cast | undefined
  #roundsLeft: number

  constructor(options: RehearsalOptions) {
    this.#options = options
    this.#roundsLeft = options.rounds ?? ROUNDS
  }

  /**
   * Plays the next scene. False when it was the last: then nothing is left of it, and nothing more is played. Throws a
   * `SystemCallError` where there are no sockets for it, as on a host without a loopback device; then it is over, too.
   */
  play(): boolean {
    if (this.#roundsLeft === 0) return false
    const rounds = Math.min(SCENE_ROUNDS, this.#roundsLeft)
    const roundsLeft = this.#roundsLeft - rounds
    this.#roundsLeft = 0
    this.#cast ??= new Cast(this.#options)
    this.#cast.enter()
    this.#roundsLeft = roundsLeft
    for (let round = 0; round < rounds; round++) this.#cast.exchange()
    if (this.#roundsLeft > 0) return true
    this.#cast.leave()
    this.#cast = undefined
    return false
  }
}

/** The two pumps, and the wire between them. */
class Cast {
  readonly #stage: Stage
  readonly #wire: readonly [UdpSocket, UdpSocket]
  readonly #players: readonly Player[]

  constructor(options: RehearsalOptions) {
    const { libc, family } = options
    const open = () => openUdpSocket(libc, { ip: LOOPBACK[family], port: 0 })
    this.#wire = [open(), open()]
    this.#stage = { ...options, wake: new EventFd(libc) }
    const [one, other] = this.#wire
    this.#players = [
      new Player(this.#stage, one, tableOf({ self: 1, other: 2, otherPort: portOf(libc, other) })),
      new Player(this.#stage, other, tableOf({ self: 2, other: 1, otherPort: portOf(libc, one) })),
    ]
  }

  /** As after a new table, with nothing at hand of what was looked up before. */
  enter(): void {
    for (const player of this.#players) player.enter()
  }

  /** A frame each way. */
  exchange(): void {
    for (const player of this.#players) player.speak()
    // Twice: the first has acted before the second has sent anything.
    for (const player of [...this.#players, ...this.#players]) player.act()
  }

  leave(): void {
    for (const player of this.#players) player.leave()
    for (const { fd } of [...this.#wire, this.#stage.wake]) this.#stage.libc.close(fd)
  }
}

interface Stage extends RehearsalOptions {
  readonly wake: EventFd
}

/** A pump, and the far end of what it takes for its TAP device. */
class Player {
  readonly #stage: Stage
  readonly #table: ForwardingTable
  readonly #tap: readonly [number, number]
  readonly #pump: PacketPump
  #spoken = 0
  readonly #frame = allocatePinned(ROOM_BYTES)
  readonly #heard = allocatePinned(ROOM_BYTES)

  constructor(stage: Stage, udp: UdpSocket, table: ForwardingTable) {
    this.#stage = stage
    this.#table = table
    this.#tap = openSocketPair(stage.libc)
    const { libc, cipher, offload, clock, wake } = stage
    const tap = { fd: this.#tap[0], offload }
    const nobody = () => undefined
    const unheard = { probed: nobody, wanted: nobody, filled: nobody, worn: nobody, atWork: nobody, carry: () => false }
    this.#pump = new PacketPump({
      libc,
      cipher,
      tap,
      udp,
      // The same: datagrams come by the prompt one, as on a quiet network, and nothing is left for the other.
      promptFd: udp.fd,
      wakeFd: wake.fd,
      clock,
      gathers: false,
      ...unheard,
    })
    this.enter()
    const { self } = table
    const other = table.peers[0]?.shortId ?? 0
    this.#pump.forwarder.resizePath(other, DATAGRAM_BYTES)
    const to = [2, 0, 0, 0, other, SENDER]
    this.#frame.bytes.set([...to, 2, 0, 0, 0, self, SENDER, 0x08, 0x00, 0x45], this.#headerBytes)
  }

  enter(): void {
    this.#pump.forwarder.apply(this.#table)
  }

  /** Gives the pump a frame, of two senders in turn, who each say two things. */
  speak(): void {
    this.#frame.bytes[this.#headerBytes + SENDER_LAST] = SENDER + (this.#spoken++ & 2)
    this.#stage.libc.write(this.#tap[1], this.#frame.address, this.#headerBytes + FRAME_BYTES)
  }

  /** Has the pump take what there is, and takes what it has written. */
  act(): void {
    const { libc, wake } = this.#stage
    wake.signal()
    this.#pump.run(() => {
      wake.clear()
      this.#pump.stop()
    })
    libc.read(this.#tap[1], this.#heard.address, ROOM_BYTES)
  }

  leave(): void {
    this.#pump.forwarder.apply({ ...this.#table, peers: [], neighbours: [] })
    for (const fd of this.#tap) this.#stage.libc.close(fd)
  }

  get #headerBytes(): number {
    return this.#stage.offload.hasHeader ? VIRTIO_HEADER_BYTES : 0
  }
}

/** The keys are known to all, and seal nothing but the frames of the rehearsal. */
function tableOf({ self, other, otherPort }: { self: number; other: number; otherPort: number }): ForwardingTable {
  const ids = { sourceKeyId: 1, destinationKeyId: 1 }
  const sealing = { ...ids, key: new Uint8Array(32).fill(self) }
  const opening = [{ ...ids, key: new Uint8Array(32).fill(other) }]
  return {
    self,
    peers: [{ shortId: other, nextHop: other, sealing, opening }],
    neighbours: [{ shortId: other, endpoint: { ip: LOOPBACK.ipv4, port: otherPort } }],
  }
}
