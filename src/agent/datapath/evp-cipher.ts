import { assert } from '../../base/assert.ts'
import {
  AUTHENTICATED_BYTES,
  type CipherKey,
  type DatagramCipher,
  HEADER_BYTES,
  TAG_BYTES,
  writeAuthenticated,
} from '../../core/router/index.ts'
import { type Address, addressOf, allocatePinned, bindC, loadKoffi } from '../linux/libc.ts'

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

interface Contexts {
  readonly sealing: Address
  readonly opening: Address
  /** The counter that OpenSSL is about to use. */
  next: number
}

/** Undefined when the runtime does not export the functions. */
export function createEvpCipher(): DatagramCipher | undefined {
  const evp = bindEvp()
  return evp === undefined ? undefined : new EvpCipher(evp)
}

/**
 * The cipher called directly: no object per datagram, a small part of the time that node:crypto takes. To cross over to OpenSSL
 * costs more than the cipher itself, so that is done as seldom as can be. OpenSSL's mode for records of TLS 1.2 (RFC 5288) takes
 * counter, payload and tag in one call, one behind the other as they are in a datagram, and the bytes that are only authenticated
 * in another call before. One context per key and direction keeps the expanded key.
 */
class EvpCipher implements DatagramCipher {
  readonly #evp: Evp
  readonly #keys = new Map<CipherKey, Contexts>()
  readonly #nonce = allocatePinned(NONCE_BYTES)
  readonly #name = allocatePinned(TLS_AAD.length)
  readonly #authenticated = allocatePinned(AUTHENTICATED_BYTES)
  readonly #parameters = allocatePinned(2 * PARAMETER_BYTES)
  #newestKey = 0
  #lastKey = 0
  #lastContexts: Contexts | undefined
  #buffer: Uint8Array = this.#nonce.bytes
  #bufferAddress: Address = this.#nonce.address

  constructor(evp: Evp) {
    this.#evp = evp
    this.#name.bytes.write(TLS_AAD)
    const { bytes } = this.#parameters
    bytes.writeBigUInt64LE(BigInt(this.#name.address), 0)
    bytes.writeUInt32LE(OCTET_STRING, 8)
    bytes.writeBigUInt64LE(BigInt(this.#authenticated.address), 16)
    bytes.writeBigUInt64LE(BigInt(AUTHENTICATED_BYTES), 24)
  }

  load(key: Uint8Array): CipherKey {
    assert(key.length === KEY_BYTES, 'an AES-256 key has 32 bytes')
    const memory = allocatePinned(KEY_BYTES)
    memory.bytes.set(key)
    const { cipher } = this.#evp
    const sealing = this.#newContext(context => this.#evp.sealInit(context, cipher, 0, memory.address, 0))
    const opening = this.#newContext(context => this.#evp.openInit(context, cipher, 0, memory.address, 0))
    memory.bytes.fill(0)
    this.#keys.set(++this.#newestKey, { sealing, opening, next: 0 })
    return this.#newestKey
  }

  unload(key: CipherKey): void {
    const contexts = this.#keys.get(key)
    if (contexts === undefined) return
    this.#lastContexts = undefined
    this.#keys.delete(key)
    this.#evp.contextFree(contexts.sealing)
    this.#evp.contextFree(contexts.opening)
  }

  /** Hot path. */
  seal(key: CipherKey, counter: number, datagram: Uint8Array, offset: number, length: number): void {
    const contexts = this.#contextsOf(key)
    if (counter !== contexts.next) this.#setNonce(contexts.sealing, counter)
    contexts.next = counter + 1
    this.#authenticate(contexts.sealing, datagram, offset, COUNTER_BYTES + length)
    const isSealed = this.#run(contexts.sealing, datagram, offset, length) > 0
    assert(isSealed, 'AES-GCM seals whatever it is given')
  }

  /** Hot path. */
  open(key: CipherKey, datagram: Uint8Array, offset: number, length: number): boolean {
    const { opening } = this.#contextsOf(key)
    if (length < TAG_BYTES) return false
    this.#authenticate(opening, datagram, offset, COUNTER_BYTES + length)
    return this.#run(opening, datagram, offset, length - TAG_BYTES) > 0
  }

  /** `recordLength` is that of a TLS record: OpenSSL itself takes off the counter, and the tag when it opens. */
  #authenticate(context: Address, datagram: Uint8Array, offset: number, recordLength: number): void {
    writeAuthenticated(this.#authenticated.bytes, datagram, offset, recordLength)
    this.#evp.setParameters(context, this.#parameters.address)
  }

  #run(context: Address, datagram: Uint8Array, offset: number, length: number): number {
    const record = this.#addressOf(datagram) + offset + HEADER_BYTES - COUNTER_BYTES
    return this.#evp.run(context, record, record, COUNTER_BYTES + length + TAG_BYTES)
  }

  #contextsOf(key: CipherKey): Contexts {
    if (key === this.#lastKey && this.#lastContexts !== undefined) return this.#lastContexts
    const contexts = this.#keys.get(key)
    assert(contexts !== undefined, 'the key is loaded')
    this.#lastKey = key
    this.#lastContexts = contexts
    return contexts
  }

  #newContext(init: (context: Address) => number): Address {
    const context = Number(this.#evp.contextNew())
    assert(context !== 0 && init(context) === 1, 'OpenSSL has AES-256-GCM')
    this.#setNonce(context, 0)
    return context
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
