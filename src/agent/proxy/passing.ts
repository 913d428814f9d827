import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'

/** Sends a request on to the daemon, `body` in place of its own when there is one; gives the daemon's answer, unread. */
export function passRequest(socketPath: string, asked: IncomingMessage, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { ...asked.headers }
    if (body !== undefined) {
      delete headers['transfer-encoding']
      headers['content-length'] = String(Buffer.byteLength(body))
    }
    const passed = request({ socketPath, method: asked.method, path: asked.url, headers }, resolve)
    passed.on('error', reject)
    asked.on('close', () => {
      // Whoever asked has gone: `docker events` ends by this.
      if (asked.destroyed && !asked.complete) passed.destroy()
    })
    if (body === undefined) asked.pipe(passed)
    else passed.end(body)
  })
}

/** Streams, both ways as slow as the slower end. */
export function passAnswer(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
  response.flushHeaders()
  answer.pipe(response)
  answer.on('error', () => response.destroy())
  response.on('close', () => answer.destroy())
}

export interface Upgrade {
  readonly client: Socket
  /** What came with the request's head. */
  readonly head: Buffer
}

/** `attach` and `exec`: after its head, the connection is the container's own streams. Each end closes its half by itself. */
export function passUpgrade(socketPath: string, asked: IncomingMessage, { client, head }: Upgrade): void {
  const daemon = connect({ path: socketPath, allowHalfOpen: true })
  const lines = [`${asked.method} ${asked.url} HTTP/1.1`]
  for (let i = 0; i < asked.rawHeaders.length; i += 2) lines.push(`${asked.rawHeaders[i]}: ${asked.rawHeaders[i + 1]}`)
  daemon.write(`${lines.join('\r\n')}\r\n\r\n`)
  daemon.write(head)
  client.pipe(daemon)
  daemon.pipe(client)
  for (const [one, other] of [
    [client, daemon],
    [daemon, client],
  ] as const) {
    one.on('error', () => other.destroy())
  }
}
