import { PacketPump } from '../../../../src/agent/datapath/packet-pump.ts'
import type { Libc } from '../../../../src/agent/linux/libc.ts'
import { createNodeCipher, plainShape, RECEIVE_AT } from '../../../../src/core/router/index.ts'

const TAP = 10
const UDP = 11
const WAKE = 12

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
    const pump = createPump(kernel, undefined, () => atWork.push(pump.counters.framesRead))
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
    const pump = createPump(kernel, () => now++)
    kernel.stopAfter(4, pump)
    pump.run(() => undefined)
    expect(kernel.calls.filter(call => call !== 'read')).toEqual(['poll', 'poll', 'poll', 'usleep', 'poll'])
  })

  it('takes orders first when it is woken, and the time after them: none of what it reads then is older', () => {
    const kernel = new FakeKernel({ frames: 1, datagrams: 0, isWoken: true })
    const pump = createPump(kernel, () => kernel.calls.push('clock'))
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

  it('ends with a reason when the TAP device is gone', () => {
    const kernel = new FakeKernel({ frames: 0, datagrams: 0, isTapGone: true })
    expect(createPump(kernel).run(() => undefined)).toBe('the TAP device is gone')
  })
})

interface Scene {
  frames: number
  datagrams: number
  readonly isWoken?: boolean
  readonly isTapGone?: boolean
}

/** Answers as a kernel with so many frames and datagrams waiting would. It cannot write to memory: what is read is zeros. */
class FakeKernel {
  readonly calls: string[] = []
  readonly #scene: Scene
  #pollsLeft = Number.POSITIVE_INFINITY
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
      poll: () => this.#poll(),
      usleep: () => this.calls.push('usleep'),
      read: () => this.#take('read', 'frames'),
      sendmsg: refuse,
      recvmsg: () => this.#take('recvmsg', 'datagrams'),
    }
  }

  #poll(): number {
    this.calls.push('poll')
    if (--this.#pollsLeft <= 0) this.#pump?.stop()
    this.#setReturned(0, this.#scene.isTapGone === true ? 8 : 1)
    this.#setReturned(1, 1)
    this.#setReturned(2, this.#scene.isWoken === true ? 1 : 0)
    return 3
  }

  #take(call: string, what: 'frames' | 'datagrams'): number {
    if (this.#scene[what] <= 0) return -1
    this.calls.push(call)
    this.#scene[what]--
    return 60
  }
}

function createPump(
  kernel: Pick<FakeKernel, 'asLibc'> & Partial<Pick<FakeKernel, 'attach'>>,
  clock = () => 0,
  atWork = () => undefined as unknown,
): PacketPump {
  const polled = Buffer.alloc(24)
  kernel.attach?.((index, events) => polled.writeInt16LE(events, index * 8 + 6))
  return new PacketPump({
    libc: kernel.asLibc(),
    cipher: createNodeCipher(),
    tap: { fd: TAP, offload: { hasHeader: true, cutsUdp: true } },
    udp: { fd: UDP, family: 'ipv6' },
    wakeFd: WAKE,
    probed: () => undefined,
    wanted: () => undefined,
    filled: () => undefined,
    worn: () => undefined,
    atWork,
    carry: () => false,
    clock,
    gathers: true,
    polled: { bytes: polled, address: 0 },
  })
}
