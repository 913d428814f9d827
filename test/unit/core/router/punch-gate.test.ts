import { toBase64 } from '../../../../src/core/router/index.ts'
import type { Member } from '../../../../src/core/router/membership.ts'
import { FORGES_PUNCHES, PunchGate, signedText, TOO_MANY_PUNCHES } from '../../../../src/core/router/punch-gate.ts'
import { createSigner, peerNameOf } from '../../../../src/core/session/crypto.ts'
import { encodePunch, type Punch } from '../../../../src/core/wire/punch.ts'

const SELF = 1
const SOURCE = 7
const NEIGHBOUR = 3
const UNSIGNED = 'a punch that its peer did not sign'
const signer = createSigner(new Uint8Array(32).fill(7))
const forger = createSigner(new Uint8Array(32).fill(8))

describe('punches of one peer', () => {
  it('for one other are taken some thirty times in a row, and then each two seconds', () => {
    const { hear } = start()
    const inARow = Array.from({ length: 100 }, () => hear({ now: 0 }))
    expect(inARow.filter(refusal => refusal === undefined)).toHaveLength(31)
    expect(inARow.at(-1)).toBe(TOO_MANY_PUNCHES)
    const later = Array.from({ length: 100 }, (_, i) => hear({ now: 100 * (i + 1) }))
    expect(later.filter(refusal => refusal === undefined).length).toBeLessThanOrEqual(6)
    expect(hear({ now: 10_000, destination: 9 })).toBeUndefined()
  })

  it('for many others are taken 600 times in a row, and then 20 a second', () => {
    const { hear } = start()
    const inARow = Array.from({ length: 700 }, (_, i) => hear({ now: 0, destination: 10 + i }))
    expect(inARow.filter(refusal => refusal === undefined)).toHaveLength(601)
    const later = Array.from({ length: 100 }, (_, i) => hear({ now: 1_000, destination: 1_000 + i }))
    expect(later.filter(refusal => refusal === undefined)).toHaveLength(20)
  })

  it('that name one address several times are taken as often as if each named it once', () => {
    const candidates = [1, 2, 3, 4].map(port => ({ ip: '192.0.2.1', port }))
    const { hear } = start()
    const forOne = Array.from({ length: 100 }, () => hear({ now: 0, candidates }))
    expect(forOne.filter(refusal => refusal === undefined)).toHaveLength(8)
    const { hear: hearOther } = start()
    const inARow = Array.from({ length: 700 }, (_, i) => hearOther({ now: 0, destination: 10 + i, candidates }))
    expect(inARow.filter(refusal => refusal === undefined)).toHaveLength(151)
    const later = Array.from({ length: 100 }, (_, i) => hearOther({ now: 1_000, destination: 1_000 + i, candidates }))
    expect(later.filter(refusal => refusal === undefined)).toHaveLength(5)
  })

  it('cost no other peer anything, and no memory once they are paid for', () => {
    const { gate, hear } = start()
    for (let i = 0; i < 100; i++) hear({ now: 0 })
    expect(hear({ now: 0, source: SOURCE + 1 })).toBeUndefined()
    expect(hear({ now: 200_000 })).toBeUndefined()
    expect(gate.size).toBe(2)
  })

  it('cost the peer nothing when another made them, or repeats them', () => {
    const { hear } = start()
    for (let i = 0; i < 300; i++) hear({ now: 0, isForged: true })
    hear({ now: 0, sequence: 5_000, neighbour: 4 })
    for (let i = 0; i < 300; i++) {
      expect(hear({ now: 0, sequence: 5_000, neighbour: 4 })).toBe('a punch that is not newer')
    }
    expect(hear({ now: 0, sequence: 5_001, neighbour: 4 })).toBeUndefined()
  })

  it('are looked at for this router fifty times a second, all peers together', () => {
    const { hear } = start()
    const refusals = Array.from({ length: 60 }, (_, i) => hear({ now: 0, source: 100 + i, destination: SELF }))
    expect(refusals.filter(refusal => refusal === undefined)).toHaveLength(50)
    expect(hear({ now: 1_000, destination: SELF })).toBeUndefined()
  })
})

describe('a neighbour that forges punches', () => {
  it('is not listened to after 100 in a row, save for 10 a second', () => {
    const { hear } = start()
    const refusals = Array.from({ length: 200 }, () => hear({ now: 0, isForged: true }))
    expect(refusals.filter(refusal => refusal === UNSIGNED)).toHaveLength(101)
    expect(refusals.at(-1)).toBe(FORGES_PUNCHES)
    expect(hear({ now: 0, neighbour: 4 })).toBeUndefined()
    expect(hear({ now: 100 })).toBeUndefined()
  })
})

interface Told extends Partial<Pick<Punch, 'source' | 'destination' | 'sequence' | 'candidates'>> {
  readonly now: number
  readonly neighbour?: number
  readonly isForged?: boolean
}

/** `hear` returns why a punch, the next of its source where nothing else is said, was refused. */
function start() {
  const gate = new PunchGate(SELF)
  let next = 0
  const hear = (told: Told) => {
    const { now, neighbour = NEIGHBOUR, source = SOURCE, destination = 2, sequence = ++next, isForged = false } = told
    const { candidates = [] } = told
    const sides = { source, destination, bootId: 1n, sequence }
    const punch = { ...sides, isReply: false, isSymmetric: false, candidates }
    const encoded = encodePunch(punch)
    const signature = (isForged ? forger : signer).sign(signedText(encoded))
    return gate.refusal({ punch, encoded, signature }, { source: memberOf(source), neighbour }, now)
  }
  return { gate, hear }
}

function memberOf(shortId: number): Member {
  const { publicKey } = signer
  return { shortId, peerName: peerNameOf(publicKey), publicKey: toBase64(publicKey), host: '', addresses: [], port: 1 }
}
