import type { ForwardingTable } from '../../../../src/core/forwarding/forwarding-table.ts'
import { digestOf } from '../../../../src/core/forwarding/table-digest.ts'

describe('the digest of a forwarding table', () => {
  it('is the same for tables that say the same', () => {
    expect(digestOf(tableOf())).toBe(digestOf(tableOf()))
  })

  const endpoint = { ip: '192.0.2.3', port: 6783 }
  const [peer, other] = tableOf().peers
  const changes: Readonly<Record<string, Partial<ForwardingTable>>> = {
    'the router itself': { self: 9 },
    'a peer that is gone': { peers: [peer as never] },
    'peers that have changed places': { peers: [other as never, peer as never] },
    'a next hop': { peers: [{ ...peer, nextHop: 3 } as never, other as never] },
    'a way that is gone': { peers: [{ ...peer, nextHop: undefined } as never, other as never] },
    'a way beside the links': { peers: [{ ...peer, isBeside: true } as never, other as never] },
    'floods that the kernel takes': { peers: [{ ...peer, isFloodedByKernel: true } as never, other as never] },
    'no key to seal with': { peers: [{ ...peer, sealing: undefined } as never, other as never] },
    'a key under the same ids': { peers: [{ ...peer, sealing: keyOf(1, 2, 77) } as never, other as never] },
    'key ids': { peers: [{ ...peer, sealing: keyOf(1, 3, 10) } as never, other as never] },
    'one key more to open with': {
      peers: [{ ...peer, opening: [keyOf(2, 1, 11), keyOf(3, 1, 12)] } as never, other as never],
    },
    'another key to open with': { peers: [{ ...peer, opening: [keyOf(2, 1, 99)] } as never, other as never] },
    'a neighbour that is gone': { neighbours: [] },
    'a neighbour over its link': { neighbours: [{ shortId: 2 }] },
    'an address of a neighbour': { neighbours: [{ shortId: 2, endpoint: { ...endpoint, ip: '192.0.3.2' } }] },
    'a port of a neighbour': { neighbours: [{ shortId: 2, endpoint: { ...endpoint, port: 6784 } }] },
  }

  it.each(Object.entries(changes))('tells of %s', (_, change) => {
    expect(digestOf({ ...tableOf(), ...change })).not.toBe(digestOf(tableOf()))
  })

  it('is another one for each of many tables', () => {
    const digests = new Set<number>()
    for (let self = 1; self <= 64; self++) {
      for (let nextHop = 1; nextHop <= 64; nextHop++) {
        digests.add(digestOf({ self, neighbours: [], peers: [{ shortId: 7, nextHop, opening: [] }] }))
      }
    }
    expect(digests.size).toBe(64 * 64)
  })
})

function tableOf(): ForwardingTable {
  return {
    self: 1,
    peers: [
      { shortId: 2, nextHop: 2, sealing: keyOf(1, 2, 10), opening: [keyOf(2, 1, 11)] },
      { shortId: 3, nextHop: 2, sealing: keyOf(1, 2, 20), opening: [keyOf(2, 1, 21)] },
    ],
    neighbours: [{ shortId: 2, endpoint: { ip: '192.0.2.3', port: 6783 } }],
  }
}

function keyOf(sourceKeyId: number, destinationKeyId: number, byte: number) {
  return { sourceKeyId, destinationKeyId, key: new Uint8Array(32).fill(byte) }
}
