import { allocatePinned, type Libc } from '../../../src/agent/linux/libc.ts'

const SYSTEM_CALL = process.arch === 'arm64' ? 280 : 321
const BPF_PROG_TEST_RUN = 10
/** `test` of `union bpf_attr`: linux/bpf.h. */
const ATTRIBUTE = {
  program: 0,
  result: 4,
  bytesIn: 8,
  bytesOut: 12,
  in: 16,
  out: 24,
  contextBytes: 40,
  context: 48,
} as const
const ATTRIBUTE_BYTES = 80
/** Of `struct __sk_buff`. */
const CONTEXT = { mark: 8, device: 40 } as const
const CONTEXT_BYTES = 192
const FRAME_BYTES_MAX = 4096

export interface TestFrame {
  readonly frame: Buffer
  readonly mark: number
  /** Index of the device that it came in by; 0: the one of the host itself. */
  readonly device: number
}

/** Runs a program on a frame without a wire (BPF_PROG_TEST_RUN). */
export class TestRun {
  readonly #libc: Libc
  readonly #attribute = allocatePinned(ATTRIBUTE_BYTES)
  readonly #context = allocatePinned(CONTEXT_BYTES)
  readonly #in = allocatePinned(FRAME_BYTES_MAX)
  readonly #out = allocatePinned(FRAME_BYTES_MAX)

  constructor(libc: Libc) {
    this.#libc = libc
  }

  run(program: number, { frame, mark, device }: TestFrame): { readonly result: number; readonly frame: Buffer } {
    const bytes = this.#attribute.bytes.fill(0)
    this.#in.bytes.set(frame)
    this.#context.bytes.writeUInt32LE(mark, CONTEXT.mark)
    this.#context.bytes.writeUInt32LE(device, CONTEXT.device)
    bytes.writeInt32LE(program, ATTRIBUTE.program)
    bytes.writeUInt32LE(frame.length, ATTRIBUTE.bytesIn)
    bytes.writeUInt32LE(FRAME_BYTES_MAX, ATTRIBUTE.bytesOut)
    bytes.writeBigUInt64LE(BigInt(this.#in.address), ATTRIBUTE.in)
    bytes.writeBigUInt64LE(BigInt(this.#out.address), ATTRIBUTE.out)
    bytes.writeUInt32LE(CONTEXT_BYTES, ATTRIBUTE.contextBytes)
    bytes.writeBigUInt64LE(BigInt(this.#context.address), ATTRIBUTE.context)
    if (this.#libc.syscall(SYSTEM_CALL, BPF_PROG_TEST_RUN, this.#attribute.address, ATTRIBUTE_BYTES) < 0) {
      throw new Error(`BPF_PROG_TEST_RUN of ${frame.toString('hex')}: ${this.#libc.errorName()}`)
    }
    const length = bytes.readUInt32LE(ATTRIBUTE.bytesOut)
    return { result: bytes.readUInt32LE(ATTRIBUTE.result), frame: Buffer.from(this.#out.bytes.subarray(0, length)) }
  }
}
