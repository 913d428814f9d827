import { ok, type Result, refused } from '../../../../src/base/result.ts'
import {
  CONTESTS,
  FORGES,
  RecordAllowances,
  recordPriceMs,
  TOO_MANY,
} from '../../../../src/core/router/record-allowances.ts'
import { type Acceptance, UNSIGNED } from '../../../../src/core/router/record-gate.ts'
import { Topic } from '../../../../src/core/wire/topic.ts'
import { TOPIC_RECORD_BYTES_MAX } from '../../../../src/core/wire/topic-record.ts'

const OWNER = 7
const OTHER = 8
const NEIGHBOUR = 1

describe('records of one peer', () => {
  it('are taken 100 in a row and more, then 20 a second at most, and the peer is named once', () => {
    const { allowances, exceeded } = start(merged)
    expect(takenAt(allowances, { bytes: 300, now: 0 })).toBeGreaterThan(100)
    expect(exceeded).toEqual([OWNER])
    let later = 0
    for (let now = 1; now <= 10_000; now++) later += takenAt(allowances, { bytes: 300, now })
    expect(later).toBeLessThanOrEqual(200)
    expect(later).toBeGreaterThan(150)
    expect(exceeded).toEqual([OWNER])
  })

  it('are taken by their bytes when they are long', () => {
    const { allowances } = start(merged)
    const bytes = TOPIC_RECORD_BYTES_MAX
    let sum = takenAt(allowances, { bytes, now: 0 }) * bytes
    for (let now = 1; now <= 10_000; now++) sum += takenAt(allowances, { bytes, now }) * bytes
    expect(sum).toBeLessThanOrEqual(64_000 * 18 + bytes)
  })

  it('cost no other peer anything', () => {
    const { allowances } = start(merged)
    takenAt(allowances, { bytes: 300, now: 0 })
    expect(allowances.accept(recordOf(OTHER, 300), NEIGHBOUR, 0).ok).toBe(true)
  })

  it('cost the peer nothing when it did not sign them, or they are known', () => {
    const outcomes = [() => refused(UNSIGNED), () => ok({ kind: 'known', key: 1, isSame: true } as const)]
    for (const outcome of outcomes) {
      const { allowances, now } = start(outcome)
      for (let i = 0; i < 1_000; i++) allowances.accept(recordOf(OWNER, 300), i, 0)
      now.gate = merged
      expect(allowances.accept(recordOf(OWNER, 300), NEIGHBOUR, 0).ok).toBe(true)
    }
  })

  it('are told as known where they are, however many came', () => {
    const { allowances, now } = start(merged)
    takenAt(allowances, { bytes: 300, now: 0 })
    now.isKnown = true
    now.gate = () => ok({ kind: 'known', key: 1, isSame: true })
    expect(allowances.accept(recordOf(OWNER, 300), NEIGHBOUR, 0)).toMatchObject({ value: { kind: 'known' } })
  })

  it('take no memory once they are paid for', () => {
    const { allowances, exceeded } = start(merged)
    takenAt(allowances, { bytes: 300, now: 0 })
    allowances.forgetPaid(60_000)
    expect(allowances.size).toBe(0)
    takenAt(allowances, { bytes: 300, now: 60_000 })
    expect(exceeded).toEqual([OWNER, OWNER])
  })
})

describe('a neighbour that forges records', () => {
  it('is not listened to after 100 in a row, save for 10 a second', () => {
    const { allowances, now } = start(() => refused(UNSIGNED))
    const errors = Array.from({ length: 500 }, () => allowances.accept(recordOf(OWNER, 300), NEIGHBOUR, 0))
    expect(errors.filter(result => !result.ok && result.error === UNSIGNED)).toHaveLength(101)
    expect(errors.at(-1)).toEqual({ ok: false, error: FORGES })
    now.gate = merged
    expect(allowances.accept(recordOf(OWNER, 300), NEIGHBOUR, 0)).toEqual({ ok: false, error: FORGES })
    expect(allowances.accept(recordOf(OWNER, 300), 2, 0).ok).toBe(true)
    expect(allowances.accept(recordOf(OTHER, 300), NEIGHBOUR, 100).ok).toBe(true)
  })

  it('keeps nobody from a hello', () => {
    const { allowances, now } = start(() => refused(UNSIGNED))
    for (let i = 0; i < 500; i++) allowances.accept(recordOf(OWNER, 300), undefined, 0)
    now.gate = merged
    expect(allowances.accept(recordOf(OWNER, 300), undefined, 0).ok).toBe(true)
  })
})

describe('a neighbour that tells of short ids of others', () => {
  it('is refused such records after 600 in a row, save for 20 a second, and no others', () => {
    const { allowances, now } = start(() => ok({ kind: 'outranked', key: 1 }))
    now.isContested = true
    const results = Array.from({ length: 700 }, () => allowances.accept(recordOf(OWNER, 300), NEIGHBOUR, 0))
    expect(results.filter(({ ok: isTaken }) => isTaken)).toHaveLength(601)
    expect(results.at(-1)).toEqual({ ok: false, error: CONTESTS })
    expect(allowances.accept(recordOf(OWNER, 300), NEIGHBOUR, 50).ok).toBe(true)
    expect(allowances.accept(recordOf(OWNER, 300), 2, 50).ok).toBe(true)
    now.isContested = false
    now.gate = merged
    expect(allowances.accept(recordOf(OWNER, 300), NEIGHBOUR, 50).ok).toBe(true)
    allowances.forgetPaid(60_000)
    expect(allowances.size).toBe(0)
  })
})

describe('the price of a record', () => {
  it('is by its bytes, and never nothing', () => {
    expect(recordPriceMs(0)).toBe(50)
    expect(recordPriceMs(64_000)).toBe(1_050)
  })
})

function merged(): Result<Acceptance> {
  return ok({ kind: 'merged', shortId: OWNER, topic: Topic.names, gone: [] })
}

/** With a gate whose answers a test may change by `now`. */
function start(gate: () => Result<Acceptance>) {
  const now = { gate, isKnown: false, isContested: false }
  const exceeded: number[] = []
  const parts = { accept: () => now.gate(), isKnown: () => now.isKnown, isContested: () => now.isContested }
  const allowances = new RecordAllowances(parts, owner => exceeded.push(owner))
  return { allowances, exceeded, now }
}

/** How many of the owner's are taken at that moment. */
function takenAt(allowances: RecordAllowances, { bytes, now }: { bytes: number; now: number }): number {
  for (let taken = 0; ; taken++) {
    const accepted = allowances.accept(recordOf(OWNER, bytes), NEIGHBOUR, now)
    if (accepted.ok) continue
    expect(accepted.error).toBe(TOO_MANY)
    return taken
  }
}

function recordOf(owner: number, length: number) {
  const bytes = new Uint8Array(length)
  bytes.set([owner >> 8, owner & 255])
  return { topic: Topic.names, bytes }
}
