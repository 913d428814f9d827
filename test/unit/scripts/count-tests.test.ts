import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const GOOD = { numPassedTests: 3, numFailedTests: 0, numRuntimeErrorTestSuites: 0, testResults: [] }

describe('the count of tests', () => {
  it('sums the reports of all runs', () => {
    expect(count([GOOD, { ...GOOD, numPassedTests: 4 }])).toEqual({ lines: ['7 passed, 0 failed'], status: 0 })
  })

  it('a failed test is named, and fails the whole', () => {
    const assertionResults = [{ status: 'failed', fullName: 'a claim is refused' }]
    const bad = { ...GOOD, numFailedTests: 1, testResults: [{ name: 'a.test.ts', status: 'failed', assertionResults }] }
    expect(count([GOOD, bad])).toEqual({
      lines: ['failed: a.test.ts: a claim is refused', '6 passed, 1 failed'],
      status: 1,
    })
  })

  it('a suite that could not be loaded is one failure', () => {
    const testResults = [{ name: 'a.test.ts', status: 'failed', assertionResults: [] }]
    const bad = { ...GOOD, numRuntimeErrorTestSuites: 1, testResults }
    expect(count([bad])).toEqual({ lines: ['failed: a.test.ts: could not be loaded', '3 passed, 1 failed'], status: 1 })
  })

  it('failures that no report holds are added', () => {
    expect(count([GOOD], 2)).toEqual({ lines: ['3 passed, 2 failed'], status: 1 })
  })

  it('no test at all is a failure', () => {
    expect(count([])).toEqual({ lines: ['0 passed, 1 failed'], status: 1 })
  })
})

function count(reports: readonly object[], otherFailures = 0): { lines: readonly string[]; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'count-tests-'))
  try {
    reports.forEach((report, i) => {
      writeFileSync(join(folder, `${i}.json`), JSON.stringify(report))
    })
    const ran = spawnSync(process.execPath, ['scripts/count-tests.mjs', folder, String(otherFailures)], {
      encoding: 'utf8',
    })
    return { lines: ran.stdout.trimEnd().split('\n'), status: ran.status }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
