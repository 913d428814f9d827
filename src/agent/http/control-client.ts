import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { UserError } from '../../base/user-error.ts'
import { ControlError } from './control-error.ts'
import type { Method } from './route.ts'

const TIMEOUT_MS = 5000

export interface ControlRequest {
  readonly method?: Method
  readonly path: string
  /** Form fields, or a body of the route's own. */
  readonly body?: URLSearchParams | string
  /** The router may take so long, in milliseconds. */
  readonly timeoutMs?: number
}

/** Asks the running router; rejects with a `ControlError` when there is none. */
export function askRouter(socketPath: string, wish: ControlRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', path, body, timeoutMs: timeout = TIMEOUT_MS } = wish
    const failed = (cause: Error) => reject(explainSilence(socketPath, cause))
    const asked = request({ socketPath, path, method, timeout }, response => {
      const parts: Buffer[] = []
      response.on('data', part => parts.push(part))
      // A router that ends in the middle of its answer.
      response.on('error', failed)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        // Not ready: what it has to say of itself comes with that.
        if ((response.statusCode ?? 500) < 300 || response.statusCode === 503) return resolve(text)
        reject(refusalOf(text, response.statusCode))
      })
    })
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
    asked.on('error', failed)
    if (body instanceof URLSearchParams) asked.setHeader('content-type', 'application/x-www-form-urlencoded')
    asked.end(body?.toString())
  })
}

/** Hears the answer as it comes, with no limit of time; rejects as `askRouter` does. */
export async function* followRouter(socketPath: string, path: string): AsyncGenerator<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request({ socketPath, path }, resolve)
    asked.on('error', cause => reject(explainSilence(socketPath, cause)))
    asked.end()
  })
  const decoder = new TextDecoder()
  const isRefused = (response.statusCode ?? 500) >= 300
  let refusal = ''
  for await (const part of partsOf(response, socketPath)) {
    const text = decoder.decode(part, { stream: true })
    if (isRefused) refusal += text
    else yield text
  }
  if (isRefused) throw refusalOf(refusal, response.statusCode)
}

async function* partsOf(response: IncomingMessage, socketPath: string): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>
  } catch (cause) {
    throw explainSilence(socketPath, cause as Error)
  }
}

/** True when a router listens there; a socket that a dead one has left does not count. */
export function isRouterRunning(socketPath: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', cause => {
      const error = explainSilence(socketPath, cause)
      if (error instanceof ControlError && error.condition === 'notRunning') resolve(false)
      else reject(error)
    })
  })
}

/** The router says cause and remedy, a line each. */
function refusalOf(text: string, code: number | undefined): UserError {
  const [cause = '', remedy = 'see `weave help`'] = text.trim().split('\n')
  return code === 404 ? new ControlError('notThere', { cause, remedy }) : new UserError({ cause, remedy })
}

/** What it means for a command that the router could not be asked. */
export function explainSilence(socketPath: string, cause: NodeJS.ErrnoException): Error {
  switch (cause.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return new ControlError('notRunning')
    case 'EACCES':
    case 'EPERM':
      return new UserError({ cause: `${socketPath}: permission denied`, remedy: 'run as root' })
    case 'ETIMEDOUT':
      return new UserError({
        cause: `the router does not answer on ${socketPath}`,
        remedy: 'look into its log; restart it with `weave stop` and `weave launch`',
      })
    default:
      return cause
  }
}
