import type { IncomingMessage } from 'node:http'
import { UserError } from '../../base/user-error.ts'

/**
 * The body as text. Reads on beyond the limit, and forgets, before it throws: a client that is still sending when its connection
 * ends does not see why it was refused. HTTP's limit of time for a request bounds it.
 */
export async function readBody(message: IncomingMessage, bytesMax: number): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of message as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes <= bytesMax) parts.push(part)
  }
  if (bytes > bytesMax) throw tooLarge(bytesMax)
  return Buffer.concat(parts).toString('utf8')
}

function tooLarge(bytesMax: number): UserError {
  return new UserError({ cause: `the request has more than ${bytesMax} bytes`, remedy: 'ask for less at a time' })
}
