import type { DatagramCipher, ForwardingTable } from '../../core/router/index.ts'
import { EventFd } from '../linux/event-fd.ts'
import { allocatePinned, type Libc } from '../linux/libc.ts'
import { openSocketPair } from '../linux/socket-pair.ts'
import type { TapOffload } from '../linux/tap-device.ts'
import { VIRTIO_HEADER_BYTES } from '../linux/virtio-header.ts'
import { PacketPump } from './packet-pump.ts'

/** So many rounds in all; the engine has compiled what they run by then. */
const ROUNDS = 1500
/** In one scene: frames wait no longer than about a millisecond for it. */
const SCENE_ROUNDS = 15
const FRAME_BYTES = 98
const ROOM_BYTES = 2048

export interface RehearsalOptions {
  readonly libc: Libc
  readonly cipher: DatagramCipher
  readonly offload: TapOffload
  readonly rounds?: number
}

/**
 * Has two pumps give each other frames, as a ping does, over sockets of this process. The engine interprets what has run a few
 * times only, and compiles what has run often: without this, frames on a quiet network would take several times as long, for hours.
 * It costs more than the start of a router, so it is played in scenes, once the start is over.
 */
export class Rehearsal {
  readonly #options: RehearsalOptions
  #cast: Cast | undefined
  #roundsLeft: number

  constructor(options: RehearsalOptions) {
    this.#options = options
    this.#roundsLeft = options.rounds ?? ROUNDS
  }

  /** Plays the next scene. False when it was the last: then nothing is left of it, and nothing more is played. */
  play(): boolean {
    if (this.#roundsLeft === 0) return false
    this.#cast ??= new Cast(this.#options)
    const rounds = Math.min(SCENE_ROUNDS, this.#roundsLeft)
    this.#roundsLeft -= rounds
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
  readonly #wire: readonly [number, number]
  readonly #players: readonly Player[]

  constructor(options: RehearsalOptions) {
    this.#wire = openSocketPair(options.libc)
    this.#stage = { ...options, libc: withoutAddresses(options.libc), wake: new EventFd(options.libc) }
    this.#players = [
      new Player(this.#stage, this.#wire[0], { self: 1, other: 2 }),
      new Player(this.#stage, this.#wire[1], { self: 2, other: 1 }),
    ]
  }

  /** A frame each way. */
  exchange(): void {
    for (const player of this.#players) player.speak()
    // Twice: the first has acted before the second has sent anything.
    for (const player of [...this.#players, ...this.#players]) player.act()
  }

  leave(): void {
    for (const player of this.#players) player.leave()
    for (const fd of [...this.#wire, this.#stage.wake.fd]) this.#stage.libc.close(fd)
  }
}

/** The sockets of the pair are connected, and take no address of IP. */
function withoutAddresses(libc: Libc): Libc {
  return { ...libc, sendto: (fd, buffer, length) => libc.write(fd, buffer, length) }
}

interface Stage extends RehearsalOptions {
  readonly wake: EventFd
}

/** A pump, and the far end of what it takes for its TAP device. */
class Player {
  readonly #stage: Stage
  readonly #self: number
  readonly #tap: readonly [number, number]
  readonly #pump: PacketPump
  readonly #frame = allocatePinned(ROOM_BYTES)
  readonly #heard = allocatePinned(ROOM_BYTES)

  constructor(stage: Stage, udpFd: number, { self, other }: { self: number; other: number }) {
    this.#stage = stage
    this.#self = self
    this.#tap = openSocketPair(stage.libc)
    const { libc, cipher, offload, wake } = stage
    const tap = { fd: this.#tap[0], offload }
    const nobody = () => undefined
    const unheard = { probed: nobody, wanted: nobody, filled: nobody, worn: nobody, carry: () => false }
    this.#pump = new PacketPump({
      libc,
      cipher,
      tap,
      udp: { fd: udpFd, family: 'ipv4' },
      wakeFd: wake.fd,
      clock: () => performance.now(),
      ...unheard,
    })
    this.#pump.forwarder.apply(tableOf(self, other))
    this.#frame.bytes.set([2, 0, 0, 0, 0, other, 2, 0, 0, 0, 0, self, 0x08, 0x00, 0x45], this.#headerBytes)
  }

  /** Gives the pump a frame. */
  speak(): void {
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
    this.#pump.forwarder.apply({ self: this.#self, peers: [], neighbours: [] })
    for (const fd of this.#tap) this.#stage.libc.close(fd)
  }

  get #headerBytes(): number {
    return this.#stage.offload.hasHeader ? VIRTIO_HEADER_BYTES : 0
  }
}

/** The keys are known to all, and seal nothing but the frames of the rehearsal. */
function tableOf(self: number, other: number): ForwardingTable {
  const ids = { sourceKeyId: 1, destinationKeyId: 1 }
  const sealing = { ...ids, key: new Uint8Array(32).fill(self) }
  const opening = [{ ...ids, key: new Uint8Array(32).fill(other) }]
  return {
    self,
    peers: [{ shortId: other, nextHop: other, sealing, opening }],
    neighbours: [{ shortId: other, endpoint: { ip: '127.0.0.1', port: 1 } }],
  }
}
