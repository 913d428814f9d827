import {
  CARRY_AFTER_MS,
  GREETING_MAX_MS,
  GREETING_TIMEOUT_MS,
  LINK_MUTE_MAX_MS,
  LINK_SILENCE_MAX_MS,
  Link,
  PROBE_EVERY_MS,
  PROBE_SILENCE_MAX_MS,
} from '../../../../src/core/mesh/link.ts'
import { HOP_COST } from '../../../../src/core/mesh/link-quality.ts'

const remote = { ip: '10.0.0.1', port: 6783 }

describe('a link', () => {
  it('ends when no hello comes', () => {
    const link = new Link({ id: 1, direction: 'inbound', remote, now: 0 })
    expect(link.due(GREETING_TIMEOUT_MS - 1)).toEqual([])
    expect(link.due(link.deadline)).toEqual([{ kind: 'close', reason: 'no hello within 10 s' }])
  })

  it('ends when the peer does not say who it is, whatever else it says', () => {
    const link = new Link({ id: 1, direction: 'inbound', remote, now: 0 })
    for (let now = 0; now < GREETING_MAX_MS; now += 1_000) {
      expect(link.due(now)).toEqual([])
      link.heard(now)
    }
    expect(link.deadline).toBe(GREETING_MAX_MS)
    expect(link.due(link.deadline)).toEqual([{ kind: 'close', reason: 'no hello within 60 s' }])
  })

  it('ends when the other end falls silent', () => {
    const link = greeted()
    expect(link.due(LINK_SILENCE_MAX_MS)).toEqual([{ kind: 'close', reason: 'nothing heard for 4 s' }])
  })

  it('stays for a while when the other end says nothing, but datagrams come back: its router is late', () => {
    const link = greeted()
    const [probes, heartbeats]: [number[], number[]] = [[], []]
    let now = 0
    let closing: readonly unknown[] = []
    for (; closing.length === 0; now = link.deadline) {
      for (const action of link.due(now)) {
        if (action.kind === 'probe') {
          probes.push(now)
          link.probeAnswered(action.sequence, now + 1)
        }
        if (action.kind === 'heartbeat') heartbeats.push(now)
        if (action.kind === 'close') closing = [action.reason, now]
      }
    }
    expect(closing).toEqual(['nothing said for 10 s, though datagrams pass', LINK_MUTE_MAX_MS])
    // Asked more often from when a heartbeat is late.
    expect(probes.slice(0, 4)).toEqual([0, 2_500, 3_500, 4_500])
    expect(heartbeats).toHaveLength(6)
  })

  it('ends within four seconds when datagrams cease to come back as well', () => {
    const link = greeted()
    link.due(0)
    link.probeAnswered(1, 10)
    link.heard(200)
    let closedAt: number | undefined
    for (let now = 200; closedAt === undefined; now = link.deadline) {
      if (link.due(now).some(({ kind }) => kind === 'close')) closedAt = now
    }
    expect(closedAt).toBe(200 + LINK_SILENCE_MAX_MS)
  })

  it('judges nobody by what has not been read yet, and says itself what is due', () => {
    const link = greeted()
    link.due(0)
    link.probeAnswered(1, 20)
    const late = link.due(60_000, 100)
    expect(late).toEqual([{ kind: 'heartbeat', sequence: 2 }])
    expect(link.state).toBe('established')
    link.heard(60_000)
    expect(link.due(60_001, 60_000).map(({ kind }) => kind)).toEqual(['probe'])
  })

  it('is pending until a probe comes back, and again when probes cease to', () => {
    const link = greeted()
    expect(link.state).toBe('pending')
    const [probe] = link.due(0)
    expect(probe).toEqual({ kind: 'probe', sequence: 1 })
    expect(link.probeAnswered(1, 20)).toBe(true)
    expect(link.state).toBe('established')
    expect(link.quality.roundTripMs).toBe(20)
    link.heard(PROBE_EVERY_MS)
    link.due(20 + PROBE_EVERY_MS)
    link.heard(PROBE_SILENCE_MAX_MS - 1000)
    expect(link.due(20 + PROBE_SILENCE_MAX_MS)).toContainEqual({ kind: 'path-lost' })
    expect(link.state).toBe('pending')
  })

  it('loses its path for questions without an answer, not for those that it was too late to ask', () => {
    const link = greeted()
    link.due(0)
    link.probeAnswered(1, 20)
    link.heard(PROBE_SILENCE_MAX_MS)
    expect(link.due(100 + PROBE_SILENCE_MAX_MS).map(({ kind }) => kind)).toEqual(['heartbeat', 'probe'])
    expect(link.state).toBe('established')
  })

  it('lacks a path after a while without datagrams, and is established while it carries frames itself', () => {
    const link = greeted()
    expect(link.lacksPath(CARRY_AFTER_MS)).toBe(false)
    link.due(0)
    expect(link.lacksPath(CARRY_AFTER_MS - 1)).toBe(false)
    expect(link.lacksPath(CARRY_AFTER_MS)).toBe(true)
    link.carry(CARRY_AFTER_MS)
    expect(link).toMatchObject({ state: 'established', isCarrying: true, changedAt: CARRY_AFTER_MS })
    expect(link.lacksPath(2 * CARRY_AFTER_MS)).toBe(false)
    expect(link.probeAnswered(1, 3 * CARRY_AFTER_MS)).toBe(true)
    expect(link).toMatchObject({ state: 'established', isCarrying: false, changedAt: 3 * CARRY_AFTER_MS })
  })

  it('that has to last first says once when it has, and wants to be woken for that', () => {
    const link = greeted()
    link.due(0)
    link.probeAnswered(1, 20)
    link.provesAt = 1_000
    expect(link.deadline).toBe(1_000)
    expect(link.due(999)).toEqual([])
    expect(link.due(1_000)).toEqual([{ kind: 'proven' }])
    expect(link.due(1_000)).toEqual([])
    expect(link.deadline).toBeGreaterThan(1_000)
  })

  it('sends heartbeats and probes on time, and says when it wants to be woken', () => {
    const link = greeted()
    const kinds: string[] = []
    for (let now = 0; now < 9_000; now = link.deadline) {
      link.heard(now)
      for (const action of link.due(now)) {
        kinds.push(action.kind)
        if (action.kind === 'probe') link.probeAnswered(action.sequence, now)
      }
    }
    expect(kinds.filter(kind => kind === 'heartbeat')).toHaveLength(5)
    expect(kinds.filter(kind => kind === 'probe')).toHaveLength(3)
  })
})

describe('the path of a link', () => {
  it('is given up only after several probes in a row are lost', () => {
    const link = greeted()
    link.due(0)
    link.probeAnswered(1, 1)
    let [lost, now] = [0, 1]
    for (; link.isEstablished; now = link.deadline) {
      link.heard(now)
      if (link.due(now).some(action => action.kind === 'probe')) lost++
    }
    expect(lost).toBeGreaterThanOrEqual(5)
    expect(now).toBeLessThanOrEqual(1 + PROBE_SILENCE_MAX_MS + 200)
  })

  it('costs no more for probes that this host is late to send', () => {
    const costAfter = (lateMs: number) => {
      const link = greeted()
      for (let i = 0; i < 30; i++) {
        const now = link.deadline + lateMs
        link.heard(now)
        for (const action of link.due(now)) if (action.kind === 'probe') link.probeAnswered(action.sequence, now + 400)
      }
      return link.quality.cost
    }
    expect(costAfter(1_000)).toBe(HOP_COST)
    expect(costAfter(100)).toBeGreaterThan(HOP_COST)
  })

  it('is measured by answers that later probes have overtaken', () => {
    const link = greeted()
    link.due(0)
    link.due(200)
    link.probeAnswered(1, 390)
    expect(link.quality.roundTripMs).toBe(390)
  })
})

function greeted(): Link {
  const link = new Link({ id: 1, direction: 'outbound', remote, now: 0 })
  link.greet(2, 1n, remote, 0)
  return link
}
