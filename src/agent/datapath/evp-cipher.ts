import { assert } from '../../base/assert.ts'
import { type CipherKey, type DatagramCipher, HEADER_BYTES, TAG_BYTES } from '../../core/router/index.ts'
import { type Address, addressOf, allocatePinned, bindC, loadKoffi } from '../linux/libc.ts'

const EVP_CTRL_AEAD_GET_TAG = 0x10
const EVP_CTRL_AEAD_SET_TAG = 0x11
const KEY_BYTES = 32

/** OpenSSL's EVP functions that the `node` binary exports; all pointers are numbers. */
interface Evp {
  contextNew(): Address
  contextFree(context: Address): void
  cipher: Address
  sealInit(context: Address, cipher: Address, engine: Address, key: Address, nonce: Address): number
  sealUpdate(context: Address, out: Address, outLength: Address, input: Address, length: number): number
  sealFinal(context: Address, out: Address, outLength: Address): number
  openInit(context: Address, cipher: Address, engine: Address, key: Address, nonce: Address): number
  openUpdate(context: Address, out: Address, outLength: Address, input: Address, length: number): number
  openFinal(context: Address, out: Address, outLength: Address): number
  control(context: Address, command: number, value: number, memory: Address): number
}

/** Undefined when the runtime does not export the functions. */
export function createEvpCipher(): DatagramCipher | undefined {
  const evp = bindEvp()
  return evp === undefined ? undefined : new EvpCipher(evp)
}

/**
 * The cipher called directly: no object per datagram, a sixth of the time that node:crypto takes. One context per key and
 * direction keeps the expanded key; only the nonce changes from datagram to datagram.
 */
class EvpCipher implements DatagramCipher {
  readonly #evp: Evp
  readonly #keys = new Map<CipherKey, { readonly sealing: Address; readonly opening: Address }>()
  readonly #nonce = allocatePinned(12)
  readonly #length = allocatePinned(4)
  #lastKey = 0
  #buffer: Uint8Array = this.#nonce.bytes
  #bufferAddress: Address = this.#nonce.address

  constructor(evp: Evp) {
    this.#evp = evp
  }

  load(key: Uint8Array): CipherKey {
    assert(key.length === KEY_BYTES, 'an AES-256 key has 32 bytes')
    const memory = allocatePinned(KEY_BYTES)
    memory.bytes.set(key)
    const { cipher } = this.#evp
    const sealing = this.#newContext(context => this.#evp.sealInit(context, cipher, 0, memory.address, 0))
    const opening = this.#newContext(context => this.#evp.openInit(context, cipher, 0, memory.address, 0))
    memory.bytes.fill(0)
    this.#keys.set(++this.#lastKey, { sealing, opening })
    return this.#lastKey
  }

  unload(key: CipherKey): void {
    const contexts = this.#keys.get(key)
    if (contexts === undefined) return
    this.#keys.delete(key)
    this.#evp.contextFree(contexts.sealing)
    this.#evp.contextFree(contexts.opening)
  }

  /** Hot path. */
  seal(key: CipherKey, counter: number, datagram: Uint8Array, offset: number, length: number): void {
    const context = this.#keys.get(key)?.sealing
    assert(context !== undefined, 'the key is loaded')
    const header = this.#addressOf(datagram) + offset
    const body = header + HEADER_BYTES
    const outLength = this.#length.address
    this.#setNonce(counter)
    this.#evp.sealInit(context, 0, 0, 0, this.#nonce.address)
    this.#evp.sealUpdate(context, 0, outLength, header, HEADER_BYTES)
    this.#evp.sealUpdate(context, body, outLength, body, length)
    const isSealed = this.#evp.sealFinal(context, body + length, outLength) === 1
    const hasTag = this.#evp.control(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, body + length) === 1
    assert(isSealed && hasTag, 'AES-GCM seals whatever it is given')
  }

  /** Hot path. */
  open(key: CipherKey, counter: number, datagram: Uint8Array, offset: number, length: number): boolean {
    const context = this.#keys.get(key)?.opening
    assert(context !== undefined, 'the key is loaded')
    const bodyLength = length - TAG_BYTES
    if (bodyLength < 0) return false
    const header = this.#addressOf(datagram) + offset
    const body = header + HEADER_BYTES
    const outLength = this.#length.address
    this.#setNonce(counter)
    this.#evp.openInit(context, 0, 0, 0, this.#nonce.address)
    this.#evp.control(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, body + bodyLength)
    this.#evp.openUpdate(context, 0, outLength, header, HEADER_BYTES)
    this.#evp.openUpdate(context, body, outLength, body, bodyLength)
    return this.#evp.openFinal(context, body + bodyLength, outLength) === 1
  }

  #newContext(init: (context: Address) => number): Address {
    const context = Number(this.#evp.contextNew())
    assert(context !== 0 && init(context) === 1, 'OpenSSL has AES-256-GCM')
    return context
  }

  #setNonce(counter: number): void {
    this.#nonce.bytes.writeUInt32BE(Math.floor(counter / 0x1_0000_0000), 4)
    this.#nonce.bytes.writeUInt32BE(counter >>> 0, 8)
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
      sealUpdate: bindC(program, 'EVP_EncryptUpdate', 'ippppi'),
      sealFinal: bindC(program, 'EVP_EncryptFinal_ex', 'ippp'),
      openInit: bindC(program, 'EVP_DecryptInit_ex', 'ippppp'),
      openUpdate: bindC(program, 'EVP_DecryptUpdate', 'ippppi'),
      openFinal: bindC(program, 'EVP_DecryptFinal_ex', 'ippp'),
      control: bindC(program, 'EVP_CIPHER_CTX_ctrl', 'ipiip'),
    }
  } catch {
    return undefined
  }
}
