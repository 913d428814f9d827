import { KeyShelf } from '../../../../src/core/session/key-shelf.ts'

const key = (fill: number) => new Uint8Array(32).fill(fill)

describe('a shelf of keys', () => {
  it('gives each peer its own, however far apart their numbers are and in whatever order they come', () => {
    const shelf = new KeyShelf()
    const peers = [7, 4095, 1, 8, 300, 2]
    for (const [i, peer] of peers.entries()) shelf.put(peer, key(i + 1))
    for (const [i, peer] of peers.entries()) expect(shelf.take(peer)).toEqual(key(i + 1))
    shelf.put(7, key(99))
    expect([shelf.take(7), shelf.take(8)]).toEqual([key(99), key(4)])
  })

  it('gives copies, which stay when the key goes', () => {
    const shelf = new KeyShelf()
    const given = key(5)
    shelf.put(3, given)
    given.fill(0)
    const taken = shelf.take(3)
    shelf.put(3, key(6))
    expect(taken).toEqual(key(5))
  })

  it('tells a key from one that differs in its last byte, and from none', () => {
    const shelf = new KeyShelf()
    expect(shelf.holds(3, key(1))).toBe(false)
    shelf.put(3, key(1))
    const other = key(1)
    other[31] = 2
    expect([key(1), other].map(one => shelf.holds(3, one))).toEqual([true, false])
    expect([2, 4].map(peer => shelf.holds(peer, key(1)))).toEqual([false, false])
  })

  it('wipes one, or all', () => {
    const shelf = new KeyShelf()
    for (const peer of [1, 2, 3]) shelf.put(peer, key(peer))
    shelf.wipe(2)
    expect([1, 2, 3].map(peer => shelf.take(peer))).toEqual([key(1), key(0), key(3)])
    shelf.wipeAll()
    expect([1, 2, 3].map(peer => shelf.take(peer))).toEqual([key(0), key(0), key(0)])
  })
})
