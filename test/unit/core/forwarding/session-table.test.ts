import type { ForwardingTable } from '../../../../src/core/forwarding/forwarding-table.ts'
import { SessionTable } from '../../../../src/core/forwarding/session-table.ts'
import { createNodeCipher } from '../../../../src/core/router/index.ts'
import { keyIdsOf } from '../../../../src/core/wire/datagram.ts'

const PEERS = [2, 3, 4]

describe('the sessions with peers', () => {
  it('load no key before a datagram goes or comes, and each of them once', () => {
    const { table, loaded } = sessions()
    table.apply(tableOf(PEERS))
    expect(loaded).toEqual([])
    for (const _ of [1, 2]) {
      table.sealingFor(3)
      table.openingFor(2, keyIdsOf(7, 1))
    }
    expect(loaded).toEqual([keyOf(3, 'sealing'), keyOf(2, 'opening')])
  })

  it('count the bytes of all that keys are known for', () => {
    const { table } = sessions()
    table.apply(tableOf(PEERS))
    expect([...table.bytes]).toEqual(PEERS.map(peer => [peer, { sentBytes: 0, receivedBytes: 0 }]))
  })

  it('go on with their counter and window under a new table with the same keys', () => {
    const { table, unloaded } = sessions()
    table.apply(tableOf(PEERS))
    const [sealing, opening] = [table.sealingFor(3), table.openingFor(3, keyIdsOf(7, 1))]
    table.apply(tableOf([3]))
    expect(table.sealingFor(3)).toBe(sealing)
    expect(table.openingFor(3, keyIdsOf(7, 1))).toBe(opening)
    expect(unloaded).toEqual([])
  })

  it('end, and their keys are unloaded, once the table has them no more, or other keys under the same ids', () => {
    const { table, unloaded } = sessions()
    table.apply(tableOf(PEERS))
    table.sealingFor(3)
    table.openingFor(2, keyIdsOf(7, 1))
    table.apply(tableOf([3], 0x80))
    expect(unloaded).toEqual([keyOf(3, 'sealing'), keyOf(2, 'opening')])
    expect(table.openingFor(2, keyIdsOf(7, 1))).toBeUndefined()
    expect(table.sealingFor(2)).toBeUndefined()
    expect(table.sealingFor(3)?.counter).toBe(0)
    expect(table.sealingFor(3)?.ids.key).toEqual(keyOf(3, 'sealing', 0x80))
  })
})

/** A table over a cipher that notes the keys that it is told to load, and to unload. */
function sessions() {
  const cipher = createNodeCipher()
  const [loaded, unloaded]: [Uint8Array[], Uint8Array[]] = [[], []]
  const keys = new Map<number, Uint8Array>()
  const table = new SessionTable({
    ...cipher,
    load: key => {
      const id = cipher.load(key)
      loaded.push(key)
      keys.set(id, key)
      return id
    },
    unload: id => {
      unloaded.push(keys.get(id) ?? new Uint8Array(0))
      cipher.unload(id)
    },
  })
  return { table, loaded, unloaded }
}

function tableOf(peers: readonly number[], mark = 0): ForwardingTable {
  return {
    self: 1,
    peers: peers.map(shortId => ({
      shortId,
      nextHop: shortId,
      sealing: { sourceKeyId: 1, destinationKeyId: 7, key: keyOf(shortId, 'sealing', mark) },
      opening: [{ sourceKeyId: 7, destinationKeyId: 1, key: keyOf(shortId, 'opening', mark) }],
    })),
    neighbours: [],
  }
}

function keyOf(peer: number, direction: 'sealing' | 'opening', mark = 0): Uint8Array {
  return new Uint8Array(32).fill(mark + 2 * peer + (direction === 'sealing' ? 0 : 1))
}
