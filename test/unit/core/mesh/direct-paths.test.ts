import { DirectPaths, IDLE_MAX_MS, PATH_SILENCE_MAX_MS, PATHS_MAX } from '../../../../src/core/mesh/direct-paths.ts'

const near = { ip: '10.0.0.1', port: 6783 }
const far = { ip: '192.0.2.1', port: 6783 }

describe('direct paths', () => {
  it('try every address of a peer that is wanted, and take the first that answers', () => {
    const paths = new DirectPaths(() => [near, far])
    paths.want(2, 0)
    const { probes } = paths.due(0)
    expect(probes.map(probe => probe.to)).toEqual([near, far])
    expect(paths.answered(2, { sequence: probes[1]!.sequence, from: far }, 5)).toBe(true)
    expect(paths.endpointOf(2)).toEqual(far)
  })

  it('move to a better address that answers soon after the first, and stay there', () => {
    const paths = new DirectPaths(() => [near, far])
    paths.want(2, 0)
    const { probes } = paths.due(0)
    paths.answered(2, { sequence: probes[1]!.sequence, from: far }, 5)
    expect(paths.answered(2, { sequence: probes[0]!.sequence, from: near }, 6)).toBe(true)
    expect(paths.endpointOf(2)).toEqual(near)
    const late = new DirectPaths(() => [near, far])
    late.want(2, 0)
    const again = late.due(0).probes
    late.answered(2, { sequence: again[1]!.sequence, from: far }, 5)
    expect(late.answered(2, { sequence: again[0]!.sequence, from: near }, 2_000)).toBe(false)
    expect(late.endpointOf(2)).toEqual(far)
  })

  it('ask for a punch when a peer does not answer where it is known to be', () => {
    const paths = new DirectPaths(() => [near])
    paths.want(2, 0)
    expect(paths.due(0).punches).toEqual([])
    expect(paths.due(300).punches).toEqual([2])
  })

  it('try what a peer offers, and say that it took a punch', () => {
    const paths = new DirectPaths(() => [near])
    paths.offered(2, { candidates: [far], isSymmetric: false }, 0)
    const { probes, punches } = paths.due(0)
    expect(punches).toEqual([])
    expect(probes.map(probe => probe.to)).toEqual([near, far])
    expect(paths.answered(2, { sequence: probes[1]!.sequence, from: far }, 5)).toBe(true)
    expect(paths.all[0]?.isPunched).toBe(true)
  })

  it('follow a peer that is heard from elsewhere and silent where it was', () => {
    const paths = opened()
    expect(paths.heard(2, far, 1_000)).toBe(false)
    expect(paths.endpointOf(2)).toEqual(near)
    expect(paths.heard(2, far, 3_000)).toBe(true)
    expect(paths.endpointOf(2)).toEqual(far)
  })

  it('are looked for at once where a peer is heard from, and there alone', () => {
    const paths = new DirectPaths(() => [near])
    paths.offered(2, { candidates: [far], isSymmetric: false }, 0)
    paths.due(0)
    const elsewhere = { ip: '192.0.2.9', port: 9 }
    paths.heard(2, elsewhere, 10)
    const [probe, ...others] = paths.due(paths.deadline).probes
    expect([probe?.to, others, paths.deadline]).toEqual([elsewhere, [], 300])
    expect(paths.answered(2, { sequence: probe!.sequence, from: elsewhere }, 15)).toBe(true)
    expect(paths.endpointOf(2)).toEqual(elsewhere)
  })

  it('to a peer that is heard from ever other places bring few probes to those that it offers', () => {
    const paths = new DirectPaths(() => [])
    const sent = { offered: 0, all: 0 }
    for (let now = 0; now < 10_000; now++) {
      if (now % 2_000 === 0) paths.offered(2, { candidates: [far], isSymmetric: false }, now)
      paths.heard(2, { ip: '192.0.2.9', port: 1 + now }, now)
      const { probes } = paths.due(now)
      sent.all += probes.length
      sent.offered += probes.filter(({ to }) => to === far).length
    }
    expect(sent.offered).toBeLessThanOrEqual(5 * 4 + 5)
    expect(sent.all).toBeLessThanOrEqual(2 * (5 * 4 + 5) + 100)
  })

  it('follow a peer that is heard from ever other places, and silent where it was, seldom', () => {
    const paths = opened()
    let moves = 0
    for (let now = 10; now < PATH_SILENCE_MAX_MS; now++) {
      if (paths.heard(2, { ip: '192.0.2.9', port: 1 + now }, now)) moves++
    }
    expect(moves).toBe(2)
  })

  it('are asked again soon while an answer lacks, and tell which share of their probes none came to', () => {
    const paths = opened()
    answerAll(paths, 2_005)
    const asked = [4_005, 4_505, 5_005].map(now => paths.due(now).probes.length)
    expect(asked).toEqual([1, 1, 1])
    expect(paths.due(5_100).probes).toEqual([])
    expect(paths.openTo(2)?.quality.loss).toBe(0.5)
    answerAll(paths, 5_505)
    expect(paths.openTo(2)?.quality).toMatchObject({ loss: 0.5, roundTripMs: 0 })
  })

  it('cost no more for losses of probes that this host is late to send', () => {
    const costsAfter = (lateMs: number) => {
      const paths = opened()
      for (let i = 0, now = 0; i < 40; i++) {
        paths.want(2, now)
        now = Math.max(now + 1, paths.deadline) + lateMs
        const { probes } = paths.due(now)
        if (i % 2 === 0) for (const { sequence } of probes) paths.answered(2, { sequence, from: near }, now + 1)
      }
      return [...paths.lossyCosts(new Map()).keys()]
    }
    expect(costsAfter(1_000)).toEqual([])
    expect(costsAfter(10)).toEqual([2])
  })

  it('that lose much have a cost, half of what links have for it, and none to peers that an operator has one for', () => {
    const paths = opened()
    let hadOtherCost = 0
    for (let i = 0; i < 60; i++) {
      const now = paths.deadline
      paths.want(2, now)
      const { probes, hasOtherCost } = paths.due(now)
      if (hasOtherCost) hadOtherCost++
      if (i % 3 > 0) for (const { sequence } of probes) paths.answered(2, { sequence, from: near }, now)
    }
    expect(paths.openTo(2)?.quality.loss).toBeCloseTo(1 / 3, 1)
    expect(hadOtherCost).toBe(1)
    expect([...paths.lossyCosts(new Map())]).toEqual([[2, (8 + 256) / 2]])
    expect(paths.lossyCosts(new Map([[2, 500]])).size).toBe(0)
    paths.avoid(() => true, 200_000)
    expect(paths.lossyCosts(new Map()).size).toBe(0)
  })

  it('to a peer that a way over links is cheaper to are closed, and found anew when it is so no more', () => {
    const paths = opened()
    const [late] = paths.due(2_005).probes
    paths.avoid(peer => peer === 2, 2_006)
    expect(paths.endpointOf(2)).toBeUndefined()
    expect(paths.answered(2, { sequence: late!.sequence, from: near }, 2_007)).toBe(false)
    paths.want(2, 30_000)
    paths.offered(2, { candidates: [far], isSymmetric: false }, 30_000)
    expect(paths.due(30_000)).toEqual({ probes: [], punches: [], lost: [], hasChanged: false, hasOtherCost: false })
    expect(paths.deadline).toBe(30_000 + IDLE_MAX_MS)
    paths.avoid(() => false, 31_000)
    const [again] = paths.due(31_000).probes
    expect(paths.answered(2, { sequence: again!.sequence, from: near }, 31_005)).toBe(true)
  })

  it('to a peer that offers itself, though there are no frames for it, are kept for a while only', () => {
    const paths = new DirectPaths(() => [])
    paths.offered(2, { candidates: [far], isSymmetric: false }, 0)
    paths.due(10_000)
    expect(paths.all).toEqual([])
  })

  it('to a peer that offers itself ask for no punch while there are no frames for it', () => {
    const paths = new DirectPaths(() => [near])
    const punches: number[] = []
    for (let now = 0; now < 60_000; now += 100) {
      if (now % 5_000 === 0) paths.offered(2, { candidates: [far], isSymmetric: true }, now)
      punches.push(...paths.due(now).punches)
    }
    expect(punches).toEqual([])
  })

  it('pause as long as otherwise when the peer offers itself again and again', () => {
    const paths = new DirectPaths(() => [near])
    const punchedAt: number[] = []
    for (let now = 0; now < 40_000; now += 100) {
      paths.want(2, now)
      const { punches } = paths.due(now)
      if (punches.length === 0) continue
      punchedAt.push(now)
      paths.offered(2, { candidates: [far], isSymmetric: true }, now)
    }
    expect(punchedAt).toEqual([300, 1_600, 6_600, 21_600])
  })

  it('take no answer to a question that was not asked', () => {
    const paths = new DirectPaths(() => [near])
    paths.want(2, 0)
    expect(paths.answered(2, { sequence: 99, from: near }, 1)).toBe(false)
    expect(paths.answered(3, { sequence: 1, from: near }, 1)).toBe(false)
  })

  it('end with silence, and are tried anew', () => {
    const paths = opened()
    paths.want(2, PATH_SILENCE_MAX_MS)
    const due = paths.due(5 + PATH_SILENCE_MAX_MS)
    expect(due.hasChanged).toBe(true)
    expect(due.probes).toHaveLength(1)
    expect(paths.endpointOf(2)).toBeUndefined()
  })

  it('are let go when nobody wants them any more', () => {
    const paths = opened()
    for (let now = 1000; now < IDLE_MAX_MS; now += 1000) answerAll(paths, now)
    expect(paths.endpointOf(2)).toEqual(near)
    expect(paths.due(IDLE_MAX_MS).hasChanged).toBe(true)
    expect(paths.all).toEqual([])
    expect(paths.deadline).toBe(Number.POSITIVE_INFINITY)
  })

  it('pause longer and longer for a peer that does not answer', () => {
    const paths = new DirectPaths(() => [near])
    paths.want(2, 0)
    const times: number[] = []
    for (let now = 0; now < 40_000; now = paths.deadline) {
      if (paths.due(now).probes.length > 0) times.push(now)
      paths.want(2, now)
    }
    expect(times).toEqual([0, 300, 600, 5600, 20_600])
  })

  it('are limited in number', () => {
    const paths = new DirectPaths(() => [near])
    for (let peer = 0; peer < PATHS_MAX + 10; peer++) paths.want(peer, 0)
    expect(paths.all).toHaveLength(PATHS_MAX)
  })
})

function opened(): DirectPaths {
  const paths = new DirectPaths(() => [near])
  paths.want(2, 0)
  answerAll(paths, 5)
  return paths
}

function answerAll(paths: DirectPaths, now: number): void {
  for (const probe of paths.due(now).probes)
    paths.answered(probe.peer, { sequence: probe.sequence, from: probe.to }, now)
}
