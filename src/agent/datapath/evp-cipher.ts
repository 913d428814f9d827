import { assert } from '../../base/assert.ts'
import {
  AUTHENTICATED_BYTES,
  type CipherKey,
  type DatagramCipher,
  type DatagramRun,
  HEADER_BYTES,
  RUN_DATAGRAMS_MAX,
  TAG_BYTES,
  writeAuthenticated,
} from '../../core/router/index.ts'
import { type Address, addressOf, allocatePinned, bindC, loadKoffi } from '../linux/libc.ts'
import type { MachineCode } from '../linux/machine-code.ts'
import { RecordRun } from './record-run.ts'

const EVP_CTRL_GCM_SET_IV_FIXED = 0x12
const WHOLE_NONCE = -1
const KEY_BYTES = 32
const NONCE_BYTES = 12
const COUNTER_BYTES = 8
/** `OSSL_PARAM`: name, type, data, length of the data, length returned. A list ends with one whose name is null. */
const PARAMETER_BYTES = 40
const OCTET_STRING = 5
const TLS_AAD = 'tlsaad\0'

/** OpenSSL's EVP functions that the `node` binary exports; all pointers are numbers. */
interface Evp {
  contextNew(): Address
  contextFree(context: Address): void
  cipher: Address
  sealInit(context: Address, cipher: Address, engine: Address, key: Address, nonce: Address): number
  openInit(context: Address, cipher: Address, engine: Address, key: Address, nonce: Address): number
  control(context: Address, command: number, value: number, memory: Address): number
  setParameters(context: Address, parameters: Address): number
  /** Bytes written, or -1. */
  run(context: Address, out: Address, input: Address, length: number): number
}

/** One direction of a key. */
interface Direction {
  readonly context: Address
  /** What a datagram is larger than the length of its record: OpenSSL takes off the counter, and the tag when it opens. */
  readonly unrecorded: number
  readonly runs: RecordRun | undefined
}

/** A router has keys for each peer, and frames for few of them at a time: a direction is expanded when it is first used. */
interface Contexts {
  readonly key: Uint8Array
  sealing: Direction | undefined
  opening: Direction | undefined
  /** The counter that OpenSSL is about to use. */
  next: number
}

const UNSEALED_BYTES = HEADER_BYTES - COUNTER_BYTES + TAG_BYTES
const UNOPENED_BYTES = HEADER_BYTES - COUNTER_BYTES

/** Undefined when the runtime does not export the functions. `code`: what `loadRecordRun` gives; without it, each datagram takes calls of its own. */
export function createEvpCipher(code: MachineCode | undefined): DatagramCipher | undefined {
  const evp = bindEvp()
  return evp === undefined ? undefined : new EvpCipher(evp, code)
}

/**
 * The cipher called directly: no object per datagram, a small part of the time that node:crypto takes. To cross over to OpenSSL
 * costs about as much as the cipher itself, so that is done as seldom as can be. OpenSSL's mode for records of TLS 1.2 (RFC 5288)
 * takes counter, payload and tag in one call, one behind the other as they are in a datagram, and the bytes that are only
 * authenticated in another call before; a few instructions of our own make both for all datagrams of a run. One context per key and
 * direction that is used keeps the expanded key.
 */
class EvpCipher implements DatagramCipher {
  readonly verdicts: Uint8Array
  readonly #evp: Evp
  readonly #code: MachineCode | undefined
  readonly #verdicts = allocatePinned(RUN_DATAGRAMS_MAX)
  readonly #keys = new Map<CipherKey, Contexts>()
  readonly #key = allocatePinned(KEY_BYTES)
  readonly #nonce = allocatePinned(NONCE_BYTES)
  readonly #name = allocatePinned(TLS_AAD.length)
  readonly #authenticated = allocatePinned(AUTHENTICATED_BYTES)
  readonly #parameters = allocatePinned(2 * PARAMETER_BYTES)
  #newestKey = 0
  #lastKey = 0
  #lastContexts: Contexts | undefined
  #buffer: Uint8Array = this.#nonce.bytes
  #bufferAddress: Address = this.#nonce.address

  constructor(evp: Evp, code: MachineCode | undefined) {
    this.#evp = evp
    this.#code = code
    this.verdicts = this.#verdicts.bytes
    this.#name.bytes.write(TLS_AAD)
    const { bytes } = this.#parameters
    bytes.writeBigUInt64LE(BigInt(this.#name.address), 0)
    bytes.writeUInt32LE(OCTET_STRING, 8)
    bytes.writeBigUInt64LE(BigInt(this.#authenticated.address), 16)
    bytes.writeBigUInt64LE(BigInt(AUTHENTICATED_BYTES), 24)
  }

  load(key: Uint8Array): CipherKey {
    assert(key.length === KEY_BYTES, 'an AES-256 key has 32 bytes')
    this.#keys.set(++this.#newestKey, { key, sealing: undefined, opening: undefined, next: 0 })
    return this.#newestKey
  }

  unload(key: CipherKey): void {
    const contexts = this.#keys.get(key)
    if (contexts === undefined) return
    this.#lastContexts = undefined
    this.#keys.delete(key)
    for (const direction of [contexts.sealing, contexts.opening]) {
      if (direction !== undefined) this.#evp.contextFree(direction.context)
    }
  }

  /** Hot path. */
  seal(key: CipherKey, counter: number, memory: Uint8Array, run: DatagramRun): void {
    const contexts = this.#contextsOf(key)
    contexts.sealing ??= this.#newDirection(contexts.key, UNSEALED_BYTES, this.#evp.sealInit)
    if (counter !== contexts.next) this.#setNonce(contexts.sealing.context, counter)
    const datagrams = Math.ceil(run.length / run.datagramBytes)
    contexts.next = counter + datagrams
    assert(this.#work(contexts.sealing, memory, run) === datagrams, 'AES-GCM seals whatever it is given')
  }

  /** Hot path. */
  open(key: CipherKey, memory: Uint8Array, run: DatagramRun): number {
    const contexts = this.#contextsOf(key)
    contexts.opening ??= this.#newDirection(contexts.key, UNOPENED_BYTES, this.#evp.openInit)
    return this.#work(contexts.opening, memory, run)
  }

  /** How many went well. */
  #work(direction: Direction, memory: Uint8Array, { offset, length, datagramBytes }: DatagramRun): number {
    assert(length <= RUN_DATAGRAMS_MAX * datagramBytes, 'there is a verdict for each datagram')
    if (direction.runs !== undefined) return direction.runs.run(this.#addressOf(memory) + offset, length, datagramBytes)
    let good = 0
    for (let [done, i] = [0, 0]; done < length; done += datagramBytes) {
      const isGood = this.#workOne(direction, memory, offset + done, Math.min(datagramBytes, length - done))
      this.verdicts[i++] = isGood ? 1 : 0
      if (isGood) good++
    }
    return good
  }

  #workOne({ context, unrecorded }: Direction, memory: Uint8Array, offset: number, bytes: number): boolean {
    if (bytes < HEADER_BYTES + TAG_BYTES) return false
    writeAuthenticated(this.#authenticated.bytes, memory, offset, bytes - unrecorded)
    this.#evp.setParameters(context, this.#parameters.address)
    const record = this.#addressOf(memory) + offset + HEADER_BYTES - COUNTER_BYTES
    return this.#evp.run(context, record, record, bytes - HEADER_BYTES + COUNTER_BYTES) > 0
  }

  #contextsOf(key: CipherKey): Contexts {
    if (key === this.#lastKey && this.#lastContexts !== undefined) return this.#lastContexts
    const contexts = this.#keys.get(key)
    assert(contexts !== undefined, 'the key is loaded')
    this.#lastKey = key
    this.#lastContexts = contexts
    return contexts
  }

  #newDirection(key: Uint8Array, unrecorded: number, init: Evp['sealInit']): Direction {
    const context = Number(this.#evp.contextNew())
    this.#key.bytes.set(key)
    const isExpanded = context !== 0 && init(context, this.#evp.cipher, 0, this.#key.address, 0) === 1
    this.#key.bytes.fill(0)
    assert(isExpanded, 'OpenSSL has AES-256-GCM')
    this.#setNonce(context, 0)
    const parameters = this.#parameters.address
    const [authenticated, verdicts] = [this.#authenticated.address, this.#verdicts.address]
    const wish = { context, parameters, authenticated, unrecorded, verdicts }
    return { context, unrecorded, runs: this.#code === undefined ? undefined : new RecordRun(this.#code, wish) }
  }

  /** From then on OpenSSL counts by itself. */
  #setNonce(context: Address, counter: number): void {
    this.#nonce.bytes.writeUInt32BE(Math.floor(counter / 0x1_0000_0000), 4)
    this.#nonce.bytes.writeUInt32BE(counter >>> 0, 8)
    const isSet = this.#evp.control(context, EVP_CTRL_GCM_SET_IV_FIXED, WHOLE_NONCE, this.#nonce.address) === 1
    assert(isSet, 'AES-GCM takes a nonce')
  }

  /** Datagrams come in a few long-lived buffers: the last one's address is worth keeping. */
  #addressOf(buffer: Uint8Array): Address {
    if (buffer !== this.#buffer) {
      this.#buffer = buffer
      this.#bufferAddress = addressOf(buffer)
    }
    return this.#bufferAddress
  }
}

function bindEvp(): Evp | undefined {
  const program = loadKoffi().load(null)
  try {
    const aes = bindC(program, 'EVP_aes_256_gcm', 'p')
    return {
      contextNew: bindC(program, 'EVP_CIPHER_CTX_new', 'p'),
      contextFree: bindC(program, 'EVP_CIPHER_CTX_free', 'vp'),
      cipher: Number(aes()),
      sealInit: bindC(program, 'EVP_EncryptInit_ex', 'ippppp'),
      openInit: bindC(program, 'EVP_DecryptInit_ex', 'ippppp'),
      control: bindC(program, 'EVP_CIPHER_CTX_ctrl', 'ipiip'),
      setParameters: bindC(program, 'EVP_CIPHER_CTX_set_params', 'ipp'),
      run: bindC(program, 'EVP_Cipher', 'ippps'),
    }
  } catch {
    return undefined
  }
}
