import { jest } from '@jest/globals'
import { PacketPump } from '../../../../src/agent/datapath/packet-pump.ts'
import type { PumpOptions } from '../../../../src/agent/datapath/pump-options.ts'
import { allocatePinned, type Libc, loadLibc } from '../../../../src/agent/linux/libc.ts'
import { openSocketPair } from '../../../../src/agent/linux/socket-pair.ts'
import { NO_TAP } from '../../../../src/agent/linux/tap-device.ts'
import { createNodeCipher, plainShape, RECEIVE_AT } from '../../../../src/core/router/index.ts'

const TAP = 10
const UDP = 11
const WAKE = 12
const PROMPT = 13
const ETHERTYPE_ARP = 0x0806
const ETHERTYPE_IPV4 = 0x0800

describe('the packet pump', () => {
  it('takes a bounded number of frames before it looks at the socket again', () => {
    const kernel = new FakeKernel({ frames: 200, datagrams: 3 })
    const pump = createPump(kernel)
    kernel.stopAfter(1, pump)
    pump.run(() => undefined)
    expect(kernel.calls.filter(call => call === 'read')).toHaveLength(64)
    expect(kernel.calls.indexOf('recvmsg')).toBe(65)
    expect(pump.counters).toMatchObject({ framesRead: 64, datagramsReceived: 3 })
  })

  it('tells once that frames are many', () => {
    const atWork: number[] = []
    const kernel = new FakeKernel({ frames: 3_000, datagrams: 0 })
    const pump = createPump(kernel, { atWork: () => atWork.push(pump.counters.framesRead) })
    kernel.stopAfter(50, pump)
    pump.run(() => undefined)
    expect(pump.counters.framesRead).toBe(3_000)
    expect(atWork).toEqual([2_048])
  })

  it('reads all there is, over several rounds', () => {
    const kernel = new FakeKernel({ frames: 200, datagrams: 0 })
    const pump = createPump(kernel)
    kernel.stopAfter(4, pump)
    pump.run(() => undefined)
    expect(pump.counters.framesRead).toBe(200)
    expect(pump.forwarder.counters.captured).toBe(200)
  })

  it('lets frames gather while many small ones come, and not while there are enough', () => {
    const kernel = new FakeKernel({ frames: 64 + 64 + 40, datagrams: 0 })
    let now = 0
    const pump = createPump(kernel, { clock: () => now++ })
    kernel.stopAfter(4, pump)
    pump.run(() => undefined)
    expect(kernel.calls.filter(call => call !== 'read')).toEqual(['poll', 'poll', 'poll', 'usleep', 'poll'])
  })

  it('takes orders first when it is woken, and the time after them: none of what it reads then is older', () => {
    const kernel = new FakeKernel({ frames: 1, datagrams: 0, isWoken: true })
    const pump = createPump(kernel, { clock: () => kernel.calls.push('clock') })
    pump.run(() => {
      kernel.calls.push('woken')
      pump.stop()
    })
    expect(kernel.calls.slice(0, 4)).toEqual(['poll', 'woken', 'clock', 'read'])
  })

  it('counts what the kernel refuses, and goes on', () => {
    const kernel = new FakeKernel({ frames: 0, datagrams: 0 })
    const pump = createPump(kernel)
    pump.inject(RECEIVE_AT, 60, plainShape())
    pump.transmit(1, RECEIVE_AT, 60, 60)
    expect(pump.counters).toMatchObject({ framesRefused: 1, datagramsRefused: 1 })
  })

  it('sends the datagrams of a run one by one when the kernel does not take it as one', () => {
    const kernel = new FakeKernel({ frames: 0, datagrams: 0 })
    const pump = createPump({ asLibc: () => ({ ...kernel.asLibc(), sendto: (_, __, length) => length }) })
    pump.transmit(1, RECEIVE_AT, 250, 100)
    expect(pump.counters).toMatchObject({ runsSent: 0, runsSplit: 1, datagramsSent: 3, datagramsRefused: 0 })
  })

  it('takes what comes at the prompt socket first', () => {
    const kernel = new FakeKernel({ frames: 2, datagrams: 2, promptDatagrams: 1 })
    const pump = createPump(kernel, { promptFd: PROMPT })
    kernel.stopAfter(1, pump)
    pump.run(() => undefined)
    expect(kernel.taken).toEqual([PROMPT, TAP, TAP, UDP, UDP])
    expect(pump.counters).toMatchObject({ datagramsReceived: 3, datagramsHurried: 1 })
  })

  it('sends by the prompt socket what is sparse, or has come by it', () => {
    const kernel = new FakeKernel({ frames: 2, datagrams: 1, promptDatagrams: 1, lengths: [60, 60_000] })
    const senders: number[] = []
    const sendto: Libc['sendto'] = fd => senders.push(fd)
    const pump = createPump(kernel.with({ sendto }), { promptFd: PROMPT })
    kernel.heard = () => pump.transmit(1, RECEIVE_AT, 60, 60)
    kernel.stopAfter(1, pump)
    // What is sent when a frame has been read is sent by the way of the one before it.
    pump.run(() => undefined)
    pump.transmit(1, RECEIVE_AT, 60, 60)
    expect(kernel.taken).toEqual([PROMPT, TAP, TAP, UDP])
    expect(senders).toEqual([PROMPT, UDP, PROMPT, UDP, UDP])
  })

  it('looks behind each large frame for what is not to wait, and not behind small ones', () => {
    const kernel = new FakeKernel({ frames: 3, datagrams: 0, lengths: [60, 60_000, 60_000] })
    const pump = createPump(kernel, { promptFd: PROMPT })
    kernel.arriving = 1
    kernel.stopAfter(1, pump)
    pump.run(() => undefined)
    expect(kernel.taken).toEqual([TAP, TAP, PROMPT, TAP, PROMPT])
  })

  it('lets sparse frames overtake those of streams, which keep their order', () => {
    const libc = loadLibc()
    const [near, far] = openSocketPair(libc)
    const nobody = openSocketPair(libc)
    const pump = createPump(
      { asLibc: () => libc },
      {
        tap: { ...NO_TAP, fd: near },
        udp: { fd: -1, family: 'ipv6' },
        promptFd: nobody[0],
        wakeFd: -1,
        polled: allocatePinned(32),
      },
    )
    const lengths = [20_000, 20_001, 20_002, 60, 20_003]
    for (const length of lengths) {
      const frame = allocatePinned(length)
      frame.bytes.writeUInt16BE(length < 100 ? ETHERTYPE_ARP : ETHERTYPE_IPV4, 12)
      expect(libc.write(far, frame.address, length)).toBe(length)
    }
    const captured: number[] = []
    const { forwarder } = pump
    jest.spyOn(forwarder, 'capture').mockImplementation(length => {
      if (captured.push(length) === lengths.length) pump.stop()
    })
    pump.run(() => undefined)
    for (const fd of [near, far, ...nobody]) libc.close(fd)
    expect(captured).toEqual([20_000, 60, 20_001, 20_002, 20_003])
    expect(pump.counters).toMatchObject({ framesRead: 5, framesHurried: 1 })
  })

  it('takes all that it has read ahead, before it waits for more', () => {
    const kernel = new FakeKernel({ frames: 9, datagrams: 0, lengths: Array(9).fill(60_000) })
    const pump = createPump(kernel, { promptFd: PROMPT })
    kernel.stopAfter(1, pump)
    pump.run(() => undefined)
    expect(kernel.taken).toHaveLength(9)
    expect(pump.counters.framesRead).toBe(9)
  })

  it('ends with a reason when the TAP device is gone', () => {
    const kernel = new FakeKernel({ frames: 0, datagrams: 0, isTapGone: true })
    expect(createPump(kernel).run(() => undefined)).toBe('the TAP device is gone')
  })
})

interface Scene {
  frames: number
  datagrams: number
  promptDatagrams?: number
  /** Of frames, in their order; 60 where there is none. */
  readonly lengths?: readonly number[]
  readonly isWoken?: boolean
  readonly isTapGone?: boolean
}

/** Answers as a kernel with so many frames and datagrams waiting would. It cannot write to memory: what is read is zeros. */
class FakeKernel {
  readonly calls: string[] = []
  /** The descriptors that something was taken from. */
  readonly taken: number[] = []
  /** How many datagrams have come at the prompt socket each time the pump looks there within a turn. */
  arriving = 0
  /** Called when something was taken. */
  heard: () => unknown = () => undefined
  readonly #scene: Scene
  #pollsLeft = Number.POSITIVE_INFINITY
  #read = 0
  #pump: PacketPump | undefined
  #setReturned: (index: number, events: number) => void = () => undefined

  constructor(scene: Scene) {
    this.#scene = scene
  }

  stopAfter(polls: number, pump: PacketPump): void {
    this.#pollsLeft = polls
    this.#pump = pump
  }

  /** The pump's `pollfd` array, through which `poll` answers. */
  attach(setReturned: (index: number, events: number) => void): void {
    this.#setReturned = setReturned
  }

  /** The same, but for some calls. */
  with(calls: Partial<Libc>): Pick<FakeKernel, 'asLibc' | 'attach'> {
    return { asLibc: () => ({ ...this.asLibc(), ...calls }), attach: setReturned => this.attach(setReturned) }
  }

  asLibc(): Libc {
    const refuse = () => -1
    return {
      open: refuse,
      close: refuse,
      ioctl: refuse,
      eventfd: refuse,
      socket: refuse,
      socketpair: refuse,
      madvise: refuse,
      malloc_trim: refuse,
      bind: refuse,
      connect: refuse,
      getsockname: refuse,
      setsockopt: refuse,
      write: refuse,
      sendto: refuse,
      errorName: () => 'EAGAIN',
      nameOfError: () => 'EAGAIN',
      if_nametoindex: () => 0,
      syscall: () => -1,
      poll: (_, count) => (count === 1 ? this.#glance() : this.#poll()),
      usleep: () => this.calls.push('usleep'),
      read: () => this.#take('read', 'frames', TAP),
      sendmsg: refuse,
      recvmsg: fd => this.#take('recvmsg', fd === UDP ? 'datagrams' : 'promptDatagrams', fd),
    }
  }

  #poll(): number {
    this.calls.push('poll')
    if (--this.#pollsLeft <= 0) this.#pump?.stop()
    this.#setReturned(0, this.#scene.isTapGone === true ? 8 : 1)
    this.#setReturned(1, 1)
    this.#setReturned(2, this.#scene.isWoken === true ? 1 : 0)
    this.#setReturned(3, this.#scene.promptDatagrams ?? 0)
    return 4
  }

  #glance(): number {
    this.#scene.promptDatagrams = this.arriving
    return this.arriving
  }

  #take(call: string, what: 'frames' | 'datagrams' | 'promptDatagrams', fd: number): number {
    const left = this.#scene[what] ?? 0
    if (left <= 0) return -1
    this.calls.push(call)
    this.taken.push(fd)
    this.#scene[what] = left - 1
    this.heard()
    return call === 'read' ? (this.#scene.lengths?.[this.#read++] ?? 60) : 60
  }
}

function createPump(
  kernel: Pick<FakeKernel, 'asLibc'> & Partial<Pick<FakeKernel, 'attach'>>,
  changes: Partial<PumpOptions> = {},
): PacketPump {
  const polled = Buffer.alloc(32)
  kernel.attach?.((index, events) => polled.writeInt16LE(events, index * 8 + 6))
  return new PacketPump({
    libc: kernel.asLibc(),
    cipher: createNodeCipher(),
    tap: { fd: TAP, offload: { hasHeader: true, cutsUdp: true } },
    udp: { fd: UDP, family: 'ipv6' },
    promptFd: -1,
    wakeFd: WAKE,
    probed: () => undefined,
    wanted: () => undefined,
    filled: () => undefined,
    worn: () => undefined,
    atWork: () => undefined,
    carry: () => false,
    clock: () => 0,
    gathers: true,
    polled: { bytes: polled, address: 0 },
    ...changes,
  })
}
