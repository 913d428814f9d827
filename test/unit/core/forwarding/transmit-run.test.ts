import fc from 'fast-check'
import { RUN_BYTES_MAX, TransmitRun } from '../../../../src/core/forwarding/transmit-run.ts'
import { RUN_DATAGRAMS_MAX } from '../../../../src/core/wire/datagram-cipher.ts'

interface Range {
  readonly to: number
  readonly offset: number
  readonly length: number
  readonly datagramBytes: number
}

describe('a run of datagrams', () => {
  const datagrams = fc.array(
    fc.record({ to: fc.integer({ min: 1, max: 2 }), length: fc.constantFrom(60, 61, 1430, 9000) }),
    {
      maxLength: 300,
    },
  )

  it('is sent as ranges that hold all datagrams in order, and that the kernel takes', () => {
    fc.assert(
      fc.property(datagrams, all => {
        const { run, ranges } = recorded()
        for (const { to, length } of all) run.reserve(to, length, 1000)
        run.flush()
        expect(ranges.flatMap(datagramsOf)).toEqual(all)
        for (const range of ranges) {
          expect(range.offset).toBe(1000)
          expect(range.length).toBeLessThanOrEqual(RUN_BYTES_MAX)
          expect(Math.ceil(range.length / range.datagramBytes)).toBeLessThanOrEqual(RUN_DATAGRAMS_MAX)
        }
      }),
    )
  })

  it('takes what stands in memory already, as long as nothing is between', () => {
    const { run, ranges } = recorded()
    for (const offset of [0, 100, 200, 400, 500]) run.add(7, offset, 100)
    run.flush()
    expect(ranges).toEqual([
      { to: 7, offset: 0, length: 300, datagramBytes: 100 },
      { to: 7, offset: 400, length: 200, datagramBytes: 100 },
    ])
  })

  it('is sent once', () => {
    const { run, ranges } = recorded()
    run.reserve(1, 60, 0)
    run.flush()
    run.flush()
    expect(ranges).toHaveLength(1)
  })
})

function recorded() {
  const ranges: Range[] = []
  const transmit = (to: number, offset: number, length: number, datagramBytes: number) =>
    ranges.push({ to, offset, length, datagramBytes })
  return { run: new TransmitRun({ transmit }), ranges }
}

function datagramsOf({ to, length, datagramBytes }: Range) {
  const count = Math.ceil(length / datagramBytes)
  return Array.from({ length: count }, (_, i) => ({ to, length: Math.min(datagramBytes, length - i * datagramBytes) }))
}
