import fc from 'fast-check'
import {
  BASE_BYTES,
  CONFIRM_EVERY_MS,
  DATAGRAM_BYTES_MAX,
  PathMtu,
  PRECISION_BYTES,
  RAISE_EVERY_MS,
} from '../../../../src/core/mesh/path-mtu.ts'

describe('the size of a path', () => {
  it.each([
    ['Ethernet over IPv4', 1_472],
    ['Ethernet over IPv6', 1_452],
    ['the least that IPv6 may have', 1_232],
    ['jumbo frames', 8_972],
  ])('is found within a few round trips where the sizes are usual: %s', (_, carries) => {
    const path = new Journey({ carries })
    path.run(30_000)
    expect(path.mtu.size).toBe(carries)
    expect(path.probes).toBeLessThan(90)
  })

  it('is found to within a few bytes, whatever it is, and never above', () => {
    fc.assert(
      fc.property(fc.integer({ min: 548, max: 12_000 }), fc.boolean(), (carries, isToldByKernel) => {
        const path = new Journey({ carries, isToldByKernel })
        path.run(120_000)
        const size = path.mtu.size ?? 0
        expect(size).toBeLessThanOrEqual(carries)
        expect(size).toBeGreaterThanOrEqual(Math.min(carries, DATAGRAM_BYTES_MAX) - PRECISION_BYTES)
      }),
    )
  })

  it('needs no time where this host’s own network is what limits it', () => {
    const path = new Journey({ carries: 1_472, isToldByKernel: true })
    path.run(100)
    expect(path.mtu.size).toBe(1_472)
  })

  it('is not thought smaller for a probe or two that are lost', () => {
    const path = new Journey({ carries: 1_472, loses: n => n % 3 !== 0 })
    path.run(60_000)
    expect(path.mtu.size).toBe(1_472)
  })

  it('is found all the same, some seconds later, where all tries of a size were lost', () => {
    const path = new Journey({ carries: 1_252, loses: n => n === 1 || n === 5 || n === 9 })
    path.run(5_000)
    expect(path.mtu.size).toBeLessThan(1_200)
    path.run(20_000)
    expect(path.mtu.size).toBe(1_252)
  })

  it('stays unknown while nothing answers, with ever fewer probes, and is found then', () => {
    const path = new Journey({ carries: 0 })
    path.run(60_000)
    const [known, sent] = [path.mtu.size, path.probes]
    path.run(600_000)
    expect({ known, later: path.mtu.size }).toEqual({ known: undefined, later: undefined })
    expect(path.probes - sent).toBeLessThan(sent * 4)
    path.carries = 1_400
    path.run(120_000)
    expect(path.mtu.size).toBeGreaterThanOrEqual(1_400 - PRECISION_BYTES)
  })

  it('is confirmed while large datagrams are sent, and costs nothing while none are', () => {
    const path = found(1_472)
    const before = path.probes
    path.run(60_000)
    expect(path.probes).toBe(before)
    path.fill()
    path.run(1_000)
    path.fill()
    path.run(1_000)
    expect(path.probes).toBe(before + 1)
  })

  it('is found anew when the path takes less all of a sudden, and stands until then', () => {
    const path = found(1_472)
    path.carries = 1_252
    path.run(CONFIRM_EVERY_MS)
    path.fill()
    path.run(1_000)
    expect(path.mtu.size).toBe(1_472)
    path.run(20_000)
    expect(path.mtu.size).toBe(1_252)
  })

  it('is found anew at once when the kernel refuses what was confirmed before', () => {
    const path = found(1_472)
    path.isToldByKernel = true
    path.carries = 1_372
    path.run(CONFIRM_EVERY_MS)
    path.fill()
    path.run(100)
    expect(path.mtu.size).toBe(1_372)
  })

  it('grows when the path takes more, within ten minutes', () => {
    const path = found(1_252)
    path.carries = 1_472
    path.run(RAISE_EVERY_MS + 30_000)
    expect(path.mtu.size).toBe(1_472)
  })

  it('is looked for above with a single size while nothing has changed', () => {
    const path = found(1_472)
    const before = path.probes
    path.run(RAISE_EVERY_MS + 10_000)
    expect(path.probes - before).toBe(3)
    expect(path.mtu.size).toBe(1_472)
  })

  it('is below the base only where that does not pass', () => {
    const path = new Journey({ carries: 1_000 })
    path.run(60_000)
    expect(path.mtu.size).toBeLessThan(BASE_BYTES)
    expect(path.mtu.size).toBeGreaterThanOrEqual(1_000 - PRECISION_BYTES)
  })

  it('takes answers to what was never asked for nothing', () => {
    const mtu = new PathMtu(0)
    mtu.answered(77, 1)
    mtu.refused(78, 1)
    expect(mtu.size).toBeUndefined()
  })
})

interface Wire {
  carries: number
  isToldByKernel?: boolean
  readonly loses?: (probe: number) => boolean
}

const ROUND_TRIP_MS = 20

/** A path in virtual time. */
class Journey implements Wire {
  readonly mtu = new PathMtu(0)
  carries: number
  isToldByKernel: boolean
  probes = 0
  readonly #loses: (probe: number) => boolean
  readonly #answers: { readonly at: number; readonly sequence: number }[] = []
  #now = 0
  #sequence = 0

  constructor({ carries, isToldByKernel = false, loses = () => false }: Wire) {
    this.carries = carries
    this.isToldByKernel = isToldByKernel
    this.#loses = loses
  }

  fill(): void {
    this.mtu.filled(this.#now)
  }

  run(forMs: number): void {
    const end = this.#now + forMs
    for (;;) {
      const next = Math.min(this.mtu.deadline, this.#answers[0]?.at ?? Number.POSITIVE_INFINITY)
      if (next > end) break
      this.#now = Math.max(this.#now, next)
      while ((this.#answers[0]?.at ?? Number.POSITIVE_INFINITY) <= this.#now) {
        this.mtu.answered(this.#answers.shift()?.sequence ?? 0, this.#now)
      }
      for (const { sequence, datagramBytes } of this.mtu.due(this.#now, () => ++this.#sequence)) {
        this.#send(sequence, datagramBytes)
      }
    }
    this.#now = end
  }

  #send(sequence: number, datagramBytes: number): void {
    this.probes++
    if (datagramBytes > this.carries) {
      if (this.isToldByKernel) this.mtu.refused(sequence, this.#now)
    } else if (!this.#loses(this.probes)) this.#answers.push({ at: this.#now + ROUND_TRIP_MS, sequence })
  }
}

function found(carries: number): Journey {
  const path = new Journey({ carries })
  path.run(60_000)
  expect(path.mtu.size).toBe(carries)
  return path
}
