import { statSync } from 'node:fs'
import { request } from 'node:http'

export interface UnixRequest {
  readonly socketPath: string
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
}

export interface UnixReply {
  readonly code: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** One exchange over a unix socket. Rejects with the error of the socket, or with ETIMEDOUT when nothing comes. */
export async function requestOverUnix(wish: UnixRequest): Promise<UnixReply> {
  const { socketPath, method = 'GET', path, headers = {}, body, timeoutMs } = wish
  // Each start asks whether Docker is there, and another router: where there is no socket, HTTP need not be loaded to find that out.
  statSync(socketPath)
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method, headers: { host: 'weave', ...headers } }, response => {
      const parts: Buffer[] = []
      response.on('data', part => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        resolve({ code: response.statusCode ?? 500, headers: response.headers, text })
      })
    })
    asked.setTimeout(timeoutMs, () => asked.destroy(noAnswer()))
    asked.on('error', reject)
    asked.end(body)
  })
}

/** What a request ends with to which nothing has come in time. */
export function noAnswer(): NodeJS.ErrnoException {
  return Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })
}
