import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Endpoint } from '../../base/endpoint.ts'
import type { Admission } from './admission.ts'

const CONNECT_TIMEOUT_MS = 3000
const HANDSHAKE_TIMEOUT_MS = 15_000

export interface DialledLink {
  readonly socket: TLSSocket
  readonly publicKey: Uint8Array
}

/** Opens a link to a member of the cluster; rejects with an error whose message is for `weave status connections`. */
export async function dial(target: Endpoint, admission: Admission): Promise<DialledLink> {
  for (let attempt = 0; ; attempt++) {
    const socket = await connect(target, admission)
    const proof = await admission.prove(socket, attempt)
    if (proof.kind === 'proven') return { socket, publicKey: proof.publicKey }
    socket.destroySoon()
    if (!proof.mayRetry) throw new Error(proof.reason)
  }
}

async function connect(target: Endpoint, admission: Admission): Promise<TLSSocket> {
  const socket = connectTcp({ host: target.ip, port: target.port })
  await awaitEvent(socket, 'connect', { timeoutMs: CONNECT_TIMEOUT_MS, tooLate: 'no answer' })
  admission.approach(socket)
  const secured = connectTls({
    socket,
    secureContext: admission.context,
    rejectUnauthorized: admission.tls.rejectUnauthorized,
    // The name in a certificate says nothing here: the key is looked up in the manifest.
    checkServerIdentity: () => undefined,
  })
  const patience = { timeoutMs: HANDSHAKE_TIMEOUT_MS, tooLate: 'no TLS handshake' }
  try {
    await awaitEvent(secured, 'secureConnect', patience)
  } catch (cause) {
    throw new Error(`${(cause as Error).message}: ${admission.suspicion}`, { cause })
  }
  return secured
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
    const late = setTimeout(() => setImmediate(() => fail(new Error(patience.tooLate))), patience.timeoutMs)
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

/** As when the host's router is about to start. */
export const NOBODY_LISTENS = 'connection refused'

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: NOBODY_LISTENS,
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ECONNRESET: 'closed by the other end',
  ETIMEDOUT: 'no answer',
}

function describe(error: NodeJS.ErrnoException): string {
  return CAUSES[error.code ?? ''] ?? error.message
}
