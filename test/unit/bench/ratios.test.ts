import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Candidate } from '../../../bench/compare/candidate.ts'
import { quote, writeQuotation } from '../../../bench/compare/quotation.ts'
import { computeRatios, formatRatio, GIVEN_WIREGUARD_GO } from '../../../bench/compare/ratios.ts'
import { type Origin, type RunRecord, readRecord } from '../../../bench/compare/record.ts'
import { describeCell, type Measure, Results } from '../../../bench/compare/results.ts'
import { writeResults } from '../../../bench/compare/write-up.ts'

const SLEEVE = contender('sleeve', { kind: 'ours' })
const SLOW = contender('slow', {})
const GOOD = contender('good', {})
const OPEN = contender('open', { isSealed: false })
const ORIGIN: Origin = {
  command: 'npm run bench -- --short',
  extent: 'short',
  rounds: 1,
  minutes: 19,
  revision: '1a2b3c4',
}

describe('the ratios of a comparison', () => {
  it('are those to the best sealed peer, where more is better and where less is', () => {
    const results = resultsOf('stream', [
      [SLEEVE, 4000],
      [SLOW, 500],
      [GOOD, 1000],
      [OPEN, 9000],
    ])
    addTo(results, 'roundTrip', [
      [SLEEVE, 0.09],
      [SLOW, 0.2],
      [GOOD, 0.1],
      [OPEN, 0.01],
    ])
    expect(computeRatios(results).map(formatRatio)).toEqual([
      '| sleeve ÷ best sealed peer, 1 TCP stream | ≥ 6 | 4.00 | missed |',
      '| sleeve ÷ current wireguard-go, 1 TCP stream | ≥ 1.5 | 4000 Mbit/s | sleeve alone: such a wireguard-go is not in apt, `--wireguard-go PATH` compares with one |',
      '| sleeve ÷ best sealed peer, RTT p50 | ≤ 1 | 0.90 | reached |',
    ])
  })

  it('are to the given wireguard-go where there is one, and that is no peer from apt', () => {
    const newer = contender(GIVEN_WIREGUARD_GO, { kind: 'reference' })
    const results = resultsOf('stream', [
      [SLEEVE, 4800],
      [newer, 3000],
      [GOOD, 800],
    ])
    expect(computeRatios(results).map(formatRatio)).toEqual([
      '| sleeve ÷ best sealed peer, 1 TCP stream | ≥ 6 | 6.00 | reached |',
      '| sleeve ÷ current wireguard-go, 1 TCP stream | ≥ 1.5 | 1.60 | reached |',
    ])
  })

  it('show four streams of the fast path beside one', () => {
    const [fast, vxlan] = [contender('fast path', { kind: 'ours' }), contender('vxlan', { kind: 'reference' })]
    const results = resultsOf('stream', [
      [fast, 20_000],
      [vxlan, 10_000],
    ])
    addTo(results, 'streams', [
      [fast, 24_000],
      [vxlan, 30_000],
    ])
    expect(computeRatios(results).map(formatRatio)).toEqual([
      '| fast path ÷ plain kernel VXLAN, 1 TCP stream | ≥ 0.95 | 2.00 | reached |',
      '| the same, 4 TCP streams | – | 0.80 | beside it, as one stream has two modes |',
    ])
  })

  it('are of medians, and say that a round was noisy', () => {
    const results = resultsOf('memoryIdle', [
      [SLEEVE, 71],
      [SLEEVE, 68],
      [SLEEVE, 69],
    ])
    results.add(SLEEVE, { measure: 'memoryIdle', condition: 'direct' }, { value: 300, isNoisy: true })
    expect(computeRatios(results).map(formatRatio)).toEqual([
      '| memory of an agent, idle | ≤ 70 MB | 69 MB* | reached |',
    ])
  })
})

describe('the quotation of a comparison', () => {
  const results = resultsOf('stream', [
    [SLEEVE, 6000],
    [GOOD, 1000],
  ])
  const record: RunRecord = {
    ...ORIGIN,
    machine: '2 × something',
    date: '2026-01-02',
    congestionControl: 'cubic',
    machineCongestionControl: 'bbr',
    ratios: computeRatios(results),
    cells: results.cells,
    failures: results.failures,
  }

  it('names machine, congestion control, each candidate and each ratio', () => {
    const text = quote(record)
    expect(text).toContain('2 × something')
    expect(text).toContain('2026-01-02, by `npm run bench -- --short`, in 19 minutes, of commit 1a2b3c4: all ends')
    expect(text).toContain('![TCP, 1 stream, direct](bench/results/stream-direct.svg)')
    expect(text).toContain("cubic on all; the machine's default is bbr")
    expect(text).toMatch(/^\| sleeve \| 6000 \(6000–6000\) \| – \|/m)
    expect(text).toContain('| sleeve ÷ best sealed peer, 1 TCP stream | ≥ 6 | 6.00 | reached |')
  })

  it('takes the place of the former one, and leaves the rest', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quotation-'))
    const path = join(folder, 'README.md')
    try {
      writeFileSync(path, 'before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n')
      writeQuotation(path, record)
      writeQuotation(path, record)
      expect(readFileSync(path, 'utf8')).toBe(`before\n${quote(record)}\nafter\n`)
      writeFileSync(path, 'nothing')
      expect(() => writeQuotation(path, record)).toThrow('has no place for the figures')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the charts of a comparison', () => {
  it('are each linked from the report', () => {
    const folder = mkdtempSync(join(tmpdir(), 'results-'))
    const results = resultsOf('stream', [[SLEEVE, 6000]])
    results.add(SLEEVE, { measure: 'stream', condition: '0.1 % loss' }, { value: 5000, isNoisy: false })
    addTo(results, 'small', [[SLEEVE, 100]])
    try {
      const text = writeResults({ folder, origin: ORIGIN, candidates: [SLEEVE], results })
      const links = [...text.matchAll(/\]\((\S+\.svg)\)/g)].map(([, name]) => name)
      expect(links.sort()).toEqual(
        readdirSync(folder)
          .filter(name => name.endsWith('.svg'))
          .sort(),
      )
      expect(links).toHaveLength(3)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('a candidate that does not start', () => {
  it('has failed in all that was to be measured on those hosts', () => {
    const results = resultsOf('stream', [[SLEEVE, 6000]])
    results.fail(GOOD, { condition: 'MTU 1500', reason: 'no answer' })
    const cellOf = (condition: string) => describeCell(results, { candidate: 'good', measure: 'stream', condition })
    expect(['direct', '1 % loss', 'MTU 9000'].map(cellOf)).toEqual(['failed', 'failed', '–'])
  })
})

describe('a candidate that fails in a part', () => {
  it('is marked in tables and quotation, with the reason, beside what the others reached', () => {
    const folder = mkdtempSync(join(tmpdir(), 'results-'))
    const candidates = [SLEEVE, GOOD]
    const results = resultsOf('stream', [[SLEEVE, 6000]])
    results.fail(GOOD, { condition: 'direct', reason: 'no answer from 10.8.0.2 | 3\nits log' })
    try {
      const text = writeResults({ folder, origin: ORIGIN, candidates, results })
      expect(text).toMatch(/^\| sleeve \| 6000 \(6000–6000\) \|$/m)
      expect(text).toMatch(/^\| good \| failed \|$/m)
      expect(text).toContain('by `npm run bench -- --short`, in 19 minutes, of commit 1a2b3c4.')
      expect(readRecord(folder)).toMatchObject(ORIGIN)
      expect(text).toContain('| good | direct | no answer from 10.8.0.2 \\| 3 |\n')
      expect(quote(readRecord(folder))).toMatch(/^\| good \| failed \| – \|/m)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

function contender(name: string, differing: Partial<Candidate>): Candidate {
  const start = () => Promise.reject(new Error('not to be started'))
  return { name, kind: 'peer', about: '', isSealed: true, start, ...differing }
}

type Reading = readonly [candidate: Candidate, value: number]

function resultsOf(measure: Measure, readings: readonly Reading[]): Results {
  const results = new Results()
  addTo(results, measure, readings)
  return results
}

function addTo(results: Results, measure: Measure, readings: readonly Reading[]): void {
  for (const [candidate, value] of readings) {
    results.add(candidate, { measure, condition: 'direct' }, { value, isNoisy: false })
  }
}
