import { DirectPaths, IDLE_MAX_MS, PATH_SILENCE_MAX_MS, PATHS_MAX } from '../../../../src/core/mesh/direct-paths.ts'

const near = { ip: '10.0.0.1', port: 6783 }
const far = { ip: '192.0.2.1', port: 6783 }

describe('direct paths', () => {
  it('try every address of a peer that is wanted, and take the first that answers', () => {
    const paths = new DirectPaths(() => [near, far])
    paths.want(2, 0)
    const { probes } = paths.due(0)
    expect(probes.map(probe => probe.to)).toEqual([near, far])
    expect(paths.answered(2, probes[1]!.sequence, far, 5)).toBe(true)
    expect(paths.answered(2, probes[0]!.sequence, near, 6)).toBe(false)
    expect(paths.endpointOf(2)).toEqual(far)
  })

  it('take no answer to a question that was not asked', () => {
    const paths = new DirectPaths(() => [near])
    paths.want(2, 0)
    expect(paths.answered(2, 99, near, 1)).toBe(false)
    expect(paths.answered(3, 1, near, 1)).toBe(false)
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
  for (const probe of paths.due(now).probes) paths.answered(probe.peer, probe.sequence, probe.to, now)
}
