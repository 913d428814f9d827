import { type Address, allocatePinned, type PinnedBytes, writeAddress } from '../linux/libc.ts'
import { addressOfFunction, loadMachineCode, type MachineCode } from '../linux/machine-code.ts'

/**
 * The machine code of record-run.s for x86-64, as `as` makes it: one crossing to C for a run of datagrams, where two for each of them
 * cost half as much as the cipher itself. A test assembles the source again.
 */
export const CODE = Buffer.from(
  [
    '535541544155415641574883ec084889fb4c8b63284c8b6b304c8b734831ed4c8b7b384d39ef4d0f47fd31c04983ff24',
    '724e488b532066418b0424668902498b44240448894202418a44240388420a4489f82b434086e06689420b488b7b1048',
    '8b7318ff13488b7b10498d74240c4889f2418d4ff4ff530885c00f9fc00fb6c041880649ffc601c54d01fc4d29fd758f',
    '89e84883c408415f415e415d415c5d5bc3',
  ].join(''),
  'hex',
)

/** Where what is in the block. */
const At = {
  setParameters: 0,
  cipher: 8,
  context: 16,
  parameters: 24,
  authenticated: 32,
  datagram: 40,
  runBytes: 48,
  datagramBytes: 56,
  unrecorded: 64,
  verdicts: 72,
} as const
const BLOCK_BYTES = 80

/** What holds for all runs of a context. */
export interface RecordWish {
  readonly context: Address
  /** For `EVP_CIPHER_CTX_set_params`; they point to `authenticated`, which is filled in for each datagram. */
  readonly parameters: Address
  readonly authenticated: Address
  /** What a datagram is larger than the length of the record that is authenticated. */
  readonly unrecorded: number
  /** A byte for each datagram: 1 when it went well. */
  readonly verdicts: Address
}

/** Seals or opens datagrams, which is a matter of the context, by one call for all. */
export class RecordRun {
  readonly #code: MachineCode
  readonly #block: PinnedBytes

  constructor(code: MachineCode, { context, parameters, authenticated, unrecorded, verdicts }: RecordWish) {
    this.#code = code
    this.#block = allocatePinned(BLOCK_BYTES)
    const { bytes } = this.#block
    writeAddress(bytes, At.setParameters, addressOfFunction('EVP_CIPHER_CTX_set_params'))
    writeAddress(bytes, At.cipher, addressOfFunction('EVP_Cipher'))
    writeAddress(bytes, At.context, context)
    writeAddress(bytes, At.parameters, parameters)
    writeAddress(bytes, At.authenticated, authenticated)
    writeAddress(bytes, At.unrecorded, unrecorded)
    writeAddress(bytes, At.verdicts, verdicts)
  }

  /** How many went well. Hot path. */
  run(first: Address, runBytes: number, datagramBytes: number): number {
    const { bytes, address } = this.#block
    writeAddress(bytes, At.datagram, first)
    writeAddress(bytes, At.runBytes, runBytes)
    writeAddress(bytes, At.datagramBytes, datagramBytes)
    return this.#code(address)
  }
}

/** Undefined on machines of another kind, and where memory may not be made executable. */
export function loadRecordRun(): MachineCode | undefined {
  return process.arch === 'x64' ? loadMachineCode(CODE) : undefined
}
