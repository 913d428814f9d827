import { allocatePinned, type Libc, type PinnedBytes } from '../libc.ts'
import { SystemCallError } from '../system-call-error.ts'
import type { MapDefinition } from './bpf-object.ts'

const SYSTEM_CALL = { x64: 321, arm64: 280 } as const
/** Commands of bpf(2), and layouts of `union bpf_attr`: linux/bpf.h. */
const BPF = {
  mapCreate: 0,
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  mapNextKey: 4,
  programLoad: 5,
  programById: 13,
  mapById: 14,
  infoByFd: 15,
  linkCreate: 28,
} as const
const PROGRAM_TYPE_SCHED_CLS = 3
const ATTACH_TCX_INGRESS = 46
const ATTRIBUTE_BYTES = 128
const INFO_BYTES = 256
const LOG_BYTES = 256 * 1024
const MAP_IDS_MAX = 64
const LOAD_ATTEMPTS = 20
/** On Linux the two are one number. */
const AGAIN = ['EAGAIN', 'EWOULDBLOCK']

export interface MapInfo {
  readonly name: string
  readonly type: number
  readonly keyBytes: number
  readonly valueBytes: number
  readonly entriesMax: number
}

/** bpf(2). Methods throw a `SystemCallError`, but where an absent key is an answer. */
export class BpfCalls {
  readonly #libc: Libc
  readonly #attribute = allocatePinned(ATTRIBUTE_BYTES)
  readonly #number: number

  constructor(libc: Libc) {
    this.#libc = libc
    this.#number = SYSTEM_CALL[process.arch as keyof typeof SYSTEM_CALL] ?? -1
  }

  createMap(definition: MapDefinition): number {
    const bytes = this.#blank()
    const { type, keyBytes, valueBytes, entriesMax, flags } = definition
    for (const [i, word] of [type, keyBytes, valueBytes, entriesMax, flags].entries()) bytes.writeUInt32LE(word, i * 4)
    bytes.write(definition.name.slice(0, 15), 28, 'latin1')
    return this.#call(BPF.mapCreate, `make the BPF map ${definition.name}`)
  }

  /** Throws with the verifier's last words when it refuses the program. */
  loadProgram(name: string, instructions: Uint8Array, license: string): number {
    const code = allocatePinned(instructions.length)
    code.bytes.set(instructions)
    const terms = allocatePinned(64)
    terms.bytes.write(`${license}\0`, 'latin1')
    const fill = (bytes: Buffer) => {
      bytes.writeUInt32LE(PROGRAM_TYPE_SCHED_CLS, 0)
      bytes.writeUInt32LE(instructions.length / 8, 4)
      bytes.writeBigUInt64LE(BigInt(code.address), 8)
      bytes.writeBigUInt64LE(BigInt(terms.address), 16)
      bytes.write(name.slice(0, 15), 48, 'latin1')
    }
    let fd = -1
    // The verifier gives way to signals of the thread: EAGAIN, and libbpf tries again as well.
    for (let i = 0; i < LOAD_ATTEMPTS && (i === 0 || (fd < 0 && AGAIN.includes(this.#libc.errorName()))); i++) {
      fill(this.#blank())
      fd = this.#try(BPF.programLoad)
    }
    return fd >= 0 ? fd : this.#loadWithLog(name, this.#libc.errorName(), fill)
  }

  lookup(map: number, key: PinnedBytes, value: PinnedBytes): boolean {
    return this.#element(BPF.mapLookup, map, key, value)
  }

  update(map: number, key: PinnedBytes, value: PinnedBytes): void {
    this.#keyed(map, key, value)
    this.#call(BPF.mapUpdate, 'write to a BPF map')
  }

  delete(map: number, key: PinnedBytes): boolean {
    return this.#element(BPF.mapDelete, map, key, undefined)
  }

  /** Writes the key behind `key`, or the first one, into `next`. False behind the last. */
  nextKey(map: number, key: PinnedBytes | undefined, next: PinnedBytes): boolean {
    return this.#element(BPF.mapNextKey, map, key, next)
  }

  /**
   * Attaches a program on the way into a device, behind those that others have there. It stays until the file descriptor that this
   * gives is closed, and so no longer than this process lives. Throws EINVAL where the kernel has no such place (before 6.6).
   */
  linkToIngress(program: number, device: number): number {
    const bytes = this.#blank()
    for (const [i, word] of [program, device, ATTACH_TCX_INGRESS].entries()) bytes.writeUInt32LE(word, i * 4)
    return this.#call(BPF.linkCreate, 'attach a BPF program to a device')
  }

  /** File descriptors of the maps that a program uses. Throws EPERM without CAP_SYS_ADMIN. */
  mapsOfProgram(id: number): readonly number[] {
    this.#blank().writeUInt32LE(id, 0)
    const program = this.#call(BPF.programById, `open the BPF program ${id}`)
    try {
      const ids = allocatePinned(MAP_IDS_MAX * 4)
      const info = allocatePinned(INFO_BYTES)
      info.bytes.writeUInt32LE(MAP_IDS_MAX, 52)
      info.bytes.writeBigUInt64LE(BigInt(ids.address), 56)
      this.#info(program, info)
      const count = Math.min(info.bytes.readUInt32LE(52), MAP_IDS_MAX)
      return Array.from({ length: count }, (_, i) => this.#openMap(ids.bytes.readUInt32LE(i * 4)))
    } finally {
      this.#libc.close(program)
    }
  }

  mapInfo(fd: number): MapInfo {
    const info = allocatePinned(INFO_BYTES)
    this.#info(fd, info)
    const { bytes } = info
    return {
      type: bytes.readUInt32LE(0),
      keyBytes: bytes.readUInt32LE(8),
      valueBytes: bytes.readUInt32LE(12),
      entriesMax: bytes.readUInt32LE(16),
      name: bytes.toString('latin1', 24, bytes.indexOf(0, 24)),
    }
  }

  close(fd: number): void {
    this.#libc.close(fd)
  }

  #openMap(id: number): number {
    this.#blank().writeUInt32LE(id, 0)
    return this.#call(BPF.mapById, `open the BPF map ${id}`)
  }

  #info(fd: number, info: PinnedBytes): void {
    const bytes = this.#blank()
    bytes.writeUInt32LE(fd, 0)
    bytes.writeUInt32LE(INFO_BYTES, 4)
    bytes.writeBigUInt64LE(BigInt(info.address), 8)
    this.#call(BPF.infoByFd, 'ask for what a BPF object is')
  }

  /** A refused program is offered once more, for the verifier's words. */
  #loadWithLog(name: string, code: string, fill: (bytes: Buffer) => void): number {
    const log = allocatePinned(LOG_BYTES)
    const bytes = this.#blank()
    fill(bytes)
    bytes.writeUInt32LE(1, 24)
    bytes.writeUInt32LE(LOG_BYTES, 28)
    bytes.writeBigUInt64LE(BigInt(log.address), 32)
    const fd = this.#try(BPF.programLoad)
    if (fd >= 0) return fd
    const said = log.bytes.toString('latin1', 0, log.bytes.indexOf(0)).trim().split('\n').slice(-3).join('; ')
    throw new SystemCallError(`load the BPF program ${name}${said === '' ? '' : ` (${said})`}`, code)
  }

  #element(command: number, map: number, key: PinnedBytes | undefined, value: PinnedBytes | undefined): boolean {
    this.#keyed(map, key, value)
    if (this.#try(command) >= 0) return true
    const code = this.#libc.errorName()
    if (code === 'ENOENT') return false
    throw new SystemCallError('use a BPF map', code)
  }

  #keyed(map: number, key: PinnedBytes | undefined, value: PinnedBytes | undefined): void {
    const bytes = this.#blank()
    bytes.writeUInt32LE(map, 0)
    bytes.writeBigUInt64LE(BigInt(key?.address ?? 0), 8)
    bytes.writeBigUInt64LE(BigInt(value?.address ?? 0), 16)
  }

  #blank(): Buffer {
    return this.#attribute.bytes.fill(0)
  }

  #try(command: number): number {
    return this.#libc.syscall(this.#number, command, this.#attribute.address, ATTRIBUTE_BYTES)
  }

  #call(command: number, attempted: string): number {
    const result = this.#try(command)
    if (result < 0) throw new SystemCallError(attempted, this.#libc.errorName())
    return result
  }
}
