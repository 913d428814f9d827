import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname } from 'node:path'
import { respond } from './answering.ts'
import { type ApiAddresses, ApiListeners } from './api-listeners.ts'
import { isRouterRunning } from './control-client.ts'
import { ControlError } from './control-error.ts'
import type { Route } from './route.ts'

const ROOT_ONLY_UMASK = 0o177

export interface ControlPlaces {
  readonly socket: string
  readonly addresses: ApiAddresses
  /** An address beside the socket cannot be had. */
  readonly failed: (address: string, reason: string) => void
}

/** HTTP for root, on a unix socket; and for others, where that was asked for. */
export class ControlServer {
  readonly #places: ControlPlaces
  readonly #server: Server
  readonly #listeners: ApiListeners

  constructor(places: ControlPlaces, routes: readonly Route[]) {
    this.#places = places
    this.#listeners = new ApiListeners(routes)
    this.#server = createServer((request, response) => void respond(routes, request, response))
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  /** Takes the place of a socket that a dead agent has left; rejects with a `ControlError` when one is alive. */
  async listen(): Promise<void> {
    const { socket, addresses, failed } = this.#places
    mkdirSync(dirname(socket), { recursive: true, mode: 0o755 })
    if (await isRouterRunning(socket)) throw new ControlError('alreadyRunning')
    rmSync(socket, { force: true })
    const umask = process.umask(ROOT_ONLY_UMASK)
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject).listen(socket, resolve)
      })
    } finally {
      process.umask(umask)
    }
    await this.#listeners.listen(addresses, failed)
  }

  /** Removes the socket too. */
  close(): void {
    this.#listeners.close()
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
