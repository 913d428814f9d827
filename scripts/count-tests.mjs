import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Sums the reports of `jest --json` in a folder and the failures that no report holds, and prints `N passed, N failed`.
 * A suite that could not be loaded has no tests to count: it is one failure. No test at all is a failure too.
 */
const [folder, otherFailures] = process.argv.slice(2)
let passed = 0
let failed = Number(otherFailures)

for (const name of readdirSync(folder).filter(file => file.endsWith('.json'))) {
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'))
  passed += report.numPassedTests
  failed += report.numFailedTests + report.numRuntimeErrorTestSuites
  for (const suite of report.testResults) listFailures(suite)
}
if (passed === 0) failed = Math.max(failed, 1)

process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1

function listFailures(suite) {
  const names = suite.assertionResults.filter(test => test.status === 'failed').map(test => test.fullName)
  if (names.length === 0 && suite.status === 'failed') names.push('could not be loaded')
  for (const name of names) process.stdout.write(`failed: ${suite.name.replace(`${process.cwd()}/`, '')}: ${name}\n`)
}
