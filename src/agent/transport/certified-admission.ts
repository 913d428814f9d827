import type { Socket } from 'node:net'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { ok, type Result, refused } from '../../base/result.ts'
import type { Admission, Proof } from './admission.ts'
import { type Credentials, provenKeyOf, secureContextOf } from './credentials.ts'
import { isPreface, makePreface, PREFACE_BYTES } from './preface.ts'
import { readExactly } from './read-exactly.ts'

const PREFACE_TIMEOUT_MS = 5000
const NO_KEY = 'its certificate holds no Ed25519 key'

/** Members show the admission key in front of TLS, and certificates of the cluster in it. Strangers are sent no byte. */
export class CertifiedAdmission implements Admission {
  readonly tls
  readonly context
  readonly suspicion = 'perhaps it was launched without certificates, which this cluster uses'
  readonly #credentials: Credentials

  constructor(credentials: Credentials) {
    this.#credentials = credentials
    this.tls = { ...secureContextOf(credentials), rejectUnauthorized: true }
    this.context = createSecureContext(this.tls)
  }

  async greet(socket: Socket): Promise<string | undefined> {
    const preface = await readExactly(socket, PREFACE_BYTES, PREFACE_TIMEOUT_MS)
    const { admissionKey, furtherAdmissionKeys = [] } = this.#credentials
    const keys = [admissionKey, ...furtherAdmissionKeys]
    if (preface !== undefined && keys.some(key => isPreface(preface, key))) return undefined
    return isTls(preface)
      ? 'no valid preface: it was launched without certificates, which this cluster uses'
      : 'no valid preface'
  }

  async admit(socket: TLSSocket): Promise<Result<Uint8Array>> {
    const publicKey = provenKeyOf(socket)
    return publicKey === undefined ? refused(NO_KEY) : ok(publicKey)
  }

  approach(socket: Socket): void {
    socket.write(makePreface(this.#credentials.admissionKey))
  }

  async prove(socket: TLSSocket): Promise<Proof> {
    const publicKey = provenKeyOf(socket)
    if (publicKey !== undefined) return { kind: 'proven', publicKey }
    return { kind: 'refused', reason: NO_KEY, mayRetry: false }
  }
}

/** A handshake record of TLS (RFC 8446, section 5.1). */
function isTls(bytes: Uint8Array | undefined): boolean {
  return bytes?.[0] === 22 && bytes[1] === 3
}
