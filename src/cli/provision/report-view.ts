import type { Report } from '../../provision/apply/report.ts'
import { unifiedDiff } from '../../provision/apply/unified-diff.ts'
import { coloursFor, printLine, printNotice } from '../output.ts'

/** Cause and remedy of each failure, once for all hosts that have it; then what was not done. */
export function printFailures(report: Report): void {
  const colours = coloursFor(process.stderr)
  for (const { hosts, cause, remedy } of groupFailures(report)) {
    const where = hosts.length > 0 ? `${hosts.join(', ')}: ` : ''
    printNotice(`${colours.red('error:')} ${where}${oneLine(cause)}`)
    printNotice(`${colours.cyan('remedy:')} ${oneLine(remedy)}`)
  }
  for (const { hosts, phases } of groupNotDone(report)) {
    printNotice(`${colours.yellow('not done:')} ${phases.join(', ')} on ${hosts.join(', ')}`)
  }
}

export function printDiffs(report: Report): void {
  const colours = coloursFor(process.stdout)
  for (const { name, diffs } of report.hosts) {
    for (const diff of diffs) {
      printLine(colours.bold(`${name}: ${diff.path}`))
      for (const line of unifiedDiff(diff)) {
        printLine(line.startsWith('+') ? colours.green(line) : line.startsWith('-') ? colours.red(line) : line)
      }
      printLine()
    }
  }
}

interface Failure {
  readonly hosts: string[]
  readonly cause: string
  readonly remedy: string
}

function groupFailures(report: Report): readonly Failure[] {
  const failures: Failure[] = report.problems.map(({ cause, remedy }) => ({ hosts: [], cause, remedy }))
  for (const { name, problems } of report.hosts) {
    for (const { cause, remedy } of problems) {
      const known = failures.find(failure => failure.hosts.length > 0 && failure.cause === cause)
      if (known === undefined) failures.push({ hosts: [name], cause, remedy })
      else if (!known.hosts.includes(name)) known.hosts.push(name)
    }
  }
  return failures
}

function groupNotDone(report: Report): readonly { hosts: readonly string[]; phases: readonly string[] }[] {
  const groups = new Map<string, string[]>()
  for (const { name, notDone } of report.hosts) {
    const key = notDone.join(' ')
    if (key !== '') groups.set(key, [...(groups.get(key) ?? []), name])
  }
  return [...groups].map(([key, hosts]) => ({ hosts, phases: key.split(' ') }))
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' · ')
}
