import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname } from 'node:path'
import { respond } from './answering.ts'
import { isRouterRunning } from './control-client.ts'
import { ControlError } from './control-error.ts'
import type { Route } from './route.ts'

const ROOT_ONLY_UMASK = 0o177

/** HTTP for root, on a unix socket. */
export class ControlServer {
  readonly #path: string
  readonly #server: Server

  constructor(path: string, routes: readonly Route[]) {
    this.#path = path
    this.#server = createServer((request, response) => void respond(routes, request, response))
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  /** Takes the place of a socket that a dead agent has left; rejects with a `ControlError` when one is alive. */
  async listen(): Promise<void> {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o755 })
    if (await isRouterRunning(this.#path)) throw new ControlError('alreadyRunning')
    rmSync(this.#path, { force: true })
    const umask = process.umask(ROOT_ONLY_UMASK)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject).listen(this.#path, resolve)
      })
    } finally {
      process.umask(umask)
    }
  }

  /** Removes the socket too. */
  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
