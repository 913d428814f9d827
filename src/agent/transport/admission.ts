import type { Socket } from 'node:net'
import type { SecureContext, SecureContextOptions, TLSSocket } from 'node:tls'
import type { Result } from '../../base/result.ts'

/** What the dialling end comes to. */
export type Proof =
  | { readonly kind: 'proven'; readonly publicKey: Uint8Array }
  /** `mayRetry`: on another connection there is something else to try. */
  | { readonly kind: 'refused'; readonly reason: string; readonly mayRetry: boolean }

/** How routers of one cluster know each other, at either end of a link: by certificates, or by a password. */
export interface Admission {
  readonly tls: SecureContextOptions & { readonly rejectUnauthorized: boolean }
  /** Of `tls`, for those who dial: made once, as it costs as much as a handshake. */
  readonly context: SecureContext
  /** What else may be wrong when TLS does not come about. */
  readonly suspicion: string
  /** Accepting end, in front of TLS: the reason not to let the other in, or undefined. What follows stays in the stream. */
  greet(socket: Socket): Promise<string | undefined>
  /** Accepting end, after TLS: the raw public key of whom it lets in. */
  admit(socket: TLSSocket): Promise<Result<Uint8Array>>
  /** Dialling end, in front of TLS. */
  approach(socket: Socket): void
  /** Dialling end, after TLS. `attempt` counts connections for one dial from 0. */
  prove(socket: TLSSocket, attempt: number): Promise<Proof>
}
