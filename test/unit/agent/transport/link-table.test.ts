import { EventEmitter } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { CARRIED_BYTES_MAX, LinkTable, UNSENT_BYTES_MAX } from '../../../../src/agent/transport/link-table.ts'
import type { Input } from '../../../../src/core/router/index.ts'

const END = { direction: 'inbound', remote: { ip: '192.0.2.1', port: 4000 }, publicKey: new Uint8Array(32) } as const

describe('the table of links', () => {
  it('tells of a link, its bytes and its end, in this order and under one number', () => {
    const { table, told } = createTable()
    const socket = new FakeSocket()
    table.add(socket.asTls(), END)
    socket.emit('data', Buffer.from('x'))
    socket.emit('close')
    expect(told.map(input => input.kind)).toEqual(['link-opened', 'link-data', 'link-closed'])
    expect(new Set(told.map(input => (input as { link: number }).link)).size).toBe(1)
  })

  it('never uses a number twice', () => {
    const { table, told } = createTable()
    for (let i = 0; i < 3; i++) {
      const socket = new FakeSocket()
      table.add(socket.asTls(), END)
      socket.emit('close')
    }
    const opened = told.filter(input => input.kind === 'link-opened')
    expect(new Set(opened.map(input => (input as { link: number }).link)).size).toBe(3)
  })

  it('says why a link ended', () => {
    const { table, told } = createTable()
    const socket = new FakeSocket()
    table.add(socket.asTls(), END)
    socket.emit('error', new Error('bad record'))
    socket.emit('close')
    expect(told.at(-1)).toMatchObject({ kind: 'link-closed', reason: 'bad record' })
  })

  it('is silent about a link that the router itself has closed', () => {
    const { table, told } = createTable()
    const socket = new FakeSocket()
    table.add(socket.asTls(), END)
    table.close(1)
    socket.emit('data', Buffer.from('late'))
    socket.emit('close')
    expect(told.map(input => input.kind)).toEqual(['link-opened'])
    expect(socket.isEnded).toBe(true)
  })

  it('drops what a link that is behind would have to carry, and keeps the link', () => {
    const { table } = createTable()
    const socket = new FakeSocket()
    table.add(socket.asTls(), END)
    expect(table.carry(1, new Uint8Array(1))).toBe(true)
    socket.writableLength = CARRIED_BYTES_MAX
    expect(table.carry(1, new Uint8Array(1))).toBe(false)
    expect(table.carry(2, new Uint8Array(1))).toBe(false)
    expect(socket.written).toHaveLength(1)
    expect(socket.isDestroyed).toBe(false)
  })

  it('ends a link whose other end takes nothing', () => {
    const { table } = createTable()
    const socket = new FakeSocket()
    table.add(socket.asTls(), END)
    socket.writableLength = UNSENT_BYTES_MAX
    table.send(1, new Uint8Array(1))
    expect(socket.isDestroyed).toBe(true)
    expect(socket.written).toEqual([])
  })

  it('ignores what is sent to a link that is gone', () => {
    const { table } = createTable()
    expect(() => table.send(7, new Uint8Array(1))).not.toThrow()
    expect(() => table.close(7)).not.toThrow()
  })
})

function createTable(): { table: LinkTable; told: Input[] } {
  const told: Input[] = []
  return { table: new LinkTable(input => told.push(input)), told }
}

class FakeSocket extends EventEmitter {
  writableLength = 0
  closed = false
  isEnded = false
  isDestroyed = false
  readonly written: Uint8Array[] = []

  asTls(): TLSSocket {
    return this as unknown as TLSSocket
  }

  setNoDelay(): void {}

  write(bytes: Uint8Array): void {
    this.written.push(bytes)
  }

  end(): void {
    this.isEnded = true
  }

  destroy(): void {
    this.isDestroyed = true
  }
}
