import type { Socket } from 'node:net'

/** Takes `count` bytes from the stream and leaves the rest in it. Undefined when they do not come in time, or the stream ends. */
export function readExactly(socket: Socket, count: number, timeoutMs: number): Promise<Uint8Array | undefined> {
  return new Promise(resolve => {
    const late = setTimeout(() => finish(undefined), timeoutMs)
    const read = () => {
      const bytes = socket.read(count) as Buffer | null
      if (bytes !== null) finish(bytes.length === count ? bytes : undefined)
    }
    const end = () => finish(undefined)
    socket.on('readable', read).on('end', end).on('close', end).on('error', end)
    if (socket.readableEnded || socket.destroyed) return end()
    read()

    function finish(bytes: Uint8Array | undefined): void {
      clearTimeout(late)
      socket.off('readable', read).off('end', end).off('close', end).off('error', end)
      resolve(bytes)
    }
  })
}
