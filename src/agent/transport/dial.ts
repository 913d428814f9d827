import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Endpoint } from '../../base/endpoint.ts'
import { type Credentials, provenKeyOf, secureContextOf } from './credentials.ts'
import { makePreface } from './preface.ts'

const CONNECT_TIMEOUT_MS = 3000
const HANDSHAKE_TIMEOUT_MS = 5000

export interface DialledLink {
  readonly socket: TLSSocket
  readonly publicKey: Uint8Array
}

/** Opens a link to a member of the cluster; rejects with an error whose message is for `weave status connections`. */
export async function dial(target: Endpoint, credentials: Credentials): Promise<DialledLink> {
  const socket = connectTcp({ host: target.ip, port: target.port })
  await awaitEvent(socket, 'connect', { timeoutMs: CONNECT_TIMEOUT_MS, tooLate: 'no answer' })
  socket.write(makePreface(credentials.admissionKey))
  const secured = connectTls({
    socket,
    ...secureContextOf(credentials),
    // The name in a certificate says nothing here: the key is looked up in the manifest.
    checkServerIdentity: () => undefined,
  })
  await awaitEvent(secured, 'secureConnect', { timeoutMs: HANDSHAKE_TIMEOUT_MS, tooLate: 'no TLS handshake' })
  const publicKey = provenKeyOf(secured)
  if (publicKey !== undefined) return { socket: secured, publicKey }
  secured.destroy()
  throw new Error('its certificate holds no Ed25519 key')
}

interface Patience {
  readonly timeoutMs: number
  readonly tooLate: string
}

/** On failure the socket is destroyed. */
function awaitEvent(socket: Socket, event: 'connect' | 'secureConnect', patience: Patience): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: Error) => {
      clearTimeout(late)
      socket.destroy()
      reject(reason)
    }
    const late = setTimeout(() => fail(new Error(patience.tooLate)), patience.timeoutMs)
    const failed = (error: Error) => fail(new Error(describe(error)))
    const closed = () => fail(new Error('closed by the other end'))
    socket.on('error', failed).once('close', closed)
    socket.once(event, () => {
      clearTimeout(late)
      socket.off('close', closed)
      resolve()
    })
  })
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ECONNRESET: 'closed by the other end',
  ETIMEDOUT: 'no answer',
}

function describe(error: NodeJS.ErrnoException): string {
  return CAUSES[error.code ?? ''] ?? error.message
}
