import { type KeyObject, X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { createSecureContext, type TLSSocket } from 'node:tls'
import { ok, type Result, refused } from '../../base/result.ts'
import type { Admission, Proof } from './admission.ts'
import { type Credentials, secureContextOf, shownKeyOf } from './credentials.ts'
import { isPreface, makePreface, PREFACE_BYTES } from './preface.ts'
import { readExactly } from './read-exactly.ts'

const PREFACE_TIMEOUT_MS = 10_000
const NOT_OURS = 'it showed no certificate of this cluster'

/**
 * Members show the admission key in front of TLS, and certificates of the cluster in it. Strangers are sent no byte.
 *
 * TLS itself would also ask the clock whether a certificate is valid today. Clocks may be wrong: what ends a membership is the
 * manifest. So the cluster's signature is verified here, for either end, once TLS has proved that the other holds the key.
 */
export class CertifiedAdmission implements Admission {
  readonly tls
  readonly context
  readonly suspicion = 'perhaps it was launched without certificates, which this cluster uses'
  readonly #credentials: Credentials
  readonly #clusterKey: KeyObject

  constructor(credentials: Credentials) {
    this.#credentials = credentials
    this.#clusterKey = new X509Certificate(credentials.clusterCertificatePem).publicKey
    this.tls = { ...secureContextOf(credentials), rejectUnauthorized: false }
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
    const publicKey = this.#certifiedKeyOf(socket)
    return publicKey === undefined ? refused(NOT_OURS) : ok(publicKey)
  }

  approach(socket: Socket): void {
    socket.write(makePreface(this.#credentials.admissionKey))
  }

  async prove(socket: TLSSocket): Promise<Proof> {
    const publicKey = this.#certifiedKeyOf(socket)
    if (publicKey !== undefined) return { kind: 'proven', publicKey }
    return { kind: 'refused', reason: NOT_OURS, mayRetry: false }
  }

  /** The cluster signs certificates of hosts alone, without intermediate authorities. */
  #certifiedKeyOf(socket: TLSSocket): Uint8Array | undefined {
    // Asked for once: a client in Node 20 gets its server's certificate once only.
    const certificate = socket.getPeerX509Certificate()
    return certificate?.verify(this.#clusterKey) === true ? shownKeyOf(certificate) : undefined
  }
}

/** A handshake record of TLS (RFC 8446, section 5.1). */
function isTls(bytes: Uint8Array | undefined): boolean {
  return bytes?.[0] === 22 && bytes[1] === 3
}
