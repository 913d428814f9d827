import type { RecordedLink } from '../../../../src/core/wire/peer-record.ts'
import { startPair, tellAll } from './gossip-pair.ts'

const KEY = { keyId: 1, publicKey: new Uint8Array(32) }

describe('the graph that a router draws', () => {
  it('has its own links as they are, at what its record says that they cost: neighbours have heard of nothing else', () => {
    const { start } = startPair()
    const [mine, theirs] = [start(1), start(2)]
    theirs.announcements.announce(KEY, [linkTo(1, 8)])
    tellAll(theirs, mine)
    const costOf = (links: readonly RecordedLink[]) => {
      const costs: number[] = []
      mine.announcements.graph(links).eachLink(0, (_, cost) => costs.push(cost))
      return costs
    }
    expect(costOf([linkTo(2, 20)])).toEqual([20])
    mine.announcements.announce(KEY, [linkTo(2, 20)])
    expect(costOf([linkTo(2, 50)])).toEqual([20])
    mine.announcements.announce(KEY, [linkTo(2, 50)])
    expect(costOf([linkTo(2, 50)])).toEqual([50])
    expect(costOf([])).toEqual([])
  })
})

function linkTo(shortId: number, cost: number): RecordedLink {
  return { shortId, isOutbound: true, isEstablished: true, remote: { ip: '192.0.2.1', port: 6783 }, cost }
}
