import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { readExactly } from '../../../../src/agent/transport/read-exactly.ts'

const MESSAGE = Buffer.from(Array.from({ length: 48 }, (_, i) => i))

describe('reading a message of known length', () => {
  it('takes it from the stream however it is cut, and leaves what follows', async () => {
    const socket = new PassThrough()
    const awaited = readExactly(socket as unknown as Socket, MESSAGE.length, 1000)
    socket.write(MESSAGE.subarray(0, 7))
    socket.write(Buffer.concat([MESSAGE.subarray(7), Buffer.from('hello')]))
    expect(Buffer.from((await awaited) ?? []).equals(MESSAGE)).toBe(true)
    expect(String(socket.read())).toBe('hello')
  })

  it('fails when the stream ends before it is whole', async () => {
    const socket = new PassThrough()
    const awaited = readExactly(socket as unknown as Socket, MESSAGE.length, 1000)
    socket.end(MESSAGE.subarray(0, 40))
    expect(await awaited).toBeUndefined()
  })

  it('fails when it does not come in time', async () => {
    expect(await readExactly(new PassThrough() as unknown as Socket, 1, 1)).toBeUndefined()
  })
})
