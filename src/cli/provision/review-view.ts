import { unifiedDiff } from '../../provision/apply/unified-diff.ts'
import { type FileChange, type HostChange, isUnchanged } from '../../provision/change/host-change.ts'
import type { Review } from '../../provision/change/review.ts'
import type { Finding } from '../../provision/survey/findings.ts'
import { coloursFor, printLine, printNotice } from '../output.ts'

const SIGNS: Readonly<Record<FileChange['kind'], string>> = { create: '+', change: '~', mode: '~', remove: '-' }
/** Lines of one difference that a person reads; --json has no such bound. */
const DIFF_LINES_MAX = 60
const LINE_MAX = 200

export interface ViewOptions {
  readonly showsDiff: boolean
}

/** The whole plan for a person: lock file, files with their differences, what follows, and whom it hurts. */
export function printReview(review: Review, options: ViewOptions): void {
  const changed = review.changes.filter(change => !isUnchanged(change))
  for (const { text } of review.lockChanges) printLine(`  ${text}`)
  if (review.lockChanges.length > 0) printLine()
  for (const change of changed) printChange(change, options)
  if (review.awaitsKeys.length > 0) {
    const hosts = listed(review.awaitsKeys)
    printLine(`Keys of ${hosts} are made on first start: certificates and the manifest are shown with placeholders.`)
  }
  printLine(sentenceOf(review, changed))
}

/** Findings of hosts, those that stop `up` last, where they are seen. */
export function printFindings(findings: readonly Finding[]): void {
  const colours = coloursFor(process.stderr)
  const ordered = [...findings].sort((a, b) => (a.severity === b.severity ? 0 : a.severity === 'warning' ? -1 : 1))
  for (const { hosts, finding } of grouped(ordered)) {
    const { severity, cause, remedy } = finding
    const label = severity === 'error' ? colours.red('error:') : colours.yellow('warning:')
    printNotice(`${label} ${listed(hosts)}: ${oneLine(cause)}`)
    printNotice(`${colours.cyan('remedy:')} ${oneLine(remedy)}`)
  }
}

export function reviewAsJson(review: Review): unknown {
  const { lock: _lock, ...plan } = review.plan
  return {
    ...plan,
    changes: review.lockChanges,
    hosts: plan.hosts.map(host => {
      const change = review.changes.find(each => each.host === host.name)
      return {
        ...host,
        isSurveyed: change !== undefined,
        files: (change?.files ?? []).map(fileAsJson),
        actions: change?.actions ?? [],
      }
    }),
    findings: review.findings,
    awaitsKeys: review.awaitsKeys,
    notices: review.notices,
  }
}

function fileAsJson({ path, kind, isSecret, before, after, texts }: FileChange): unknown {
  const diff = isSecret ? [] : unifiedDiff({ path, before: texts.before ?? '', after: texts.after })
  return { path, kind, isSecret, before: before ?? null, after: after ?? null, diff }
}

function printChange({ host, isNew, files, actions }: HostChange, options: ViewOptions): void {
  const colours = coloursFor(process.stdout)
  printLine(`${colours.bold(host)}${isNew ? ' (new)' : ''}`)
  for (const file of files) {
    const { path, kind, isSecret } = file
    const paint = kind === 'create' ? colours.green : kind === 'remove' ? colours.red : colours.yellow
    printLine(`  ${paint(SIGNS[kind])} ${path}${isSecret ? '  (secret)' : ''}`)
    if (options.showsDiff && !isSecret) printDiff(file)
  }
  for (const { text, seconds } of actions) printLine(`  ${seconds > 0 ? colours.yellow('!') : '>'} ${text}`)
  printLine()
}

function printDiff({ path, texts }: FileChange): void {
  const colours = coloursFor(process.stdout)
  const lines = unifiedDiff({ path, before: texts.before ?? '', after: texts.after })
  for (const line of lines.slice(0, DIFF_LINES_MAX)) {
    const text = line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)}…` : line
    printLine(`      ${text.startsWith('+') ? colours.green(text) : text.startsWith('-') ? colours.red(text) : text}`)
  }
  if (lines.length > DIFF_LINES_MAX)
    printLine(`      … and ${lines.length - DIFF_LINES_MAX} more lines; --json has all`)
}

function sentenceOf(review: Review, changed: readonly HostChange[]): string {
  if (review.changes.length === 0) return 'No host could be compared with the plan.'
  if (changed.length === 0 && review.lockChanges.length === 0) {
    return `Nothing to do: ${counted(review.changes.length, 'host')} ${review.changes.length === 1 ? 'is' : 'are'} as planned.`
  }
  const disturbed = changed.flatMap(({ actions }) => actions.filter(({ seconds }) => seconds > 0))
  const containers = new Set(
    changed.flatMap(({ host, actions }) => actions.flatMap(a => a.containers.map(c => `${host}/${c}`))),
  )
  const whom = containers.size > 0 ? `, ${counted(containers.size, 'container')} affected` : ''
  const hurts =
    disturbed.length > 0
      ? `${counted(disturbed.length, 'restart')} that containers notice${whom}`
      : 'no container notices'
  return `Plan: ${counted(changed.length, 'host')} of ${review.changes.length} to change; ${hurts}.`
}

function grouped(findings: readonly Finding[]): readonly { hosts: string[]; finding: Finding }[] {
  const groups = new Map<string, { hosts: string[]; finding: Finding }>()
  for (const finding of findings) {
    const key = `${finding.severity} ${finding.cause} ${finding.remedy}`
    const group = groups.get(key) ?? { hosts: [], finding }
    group.hosts.push(finding.host)
    groups.set(key, group)
  }
  return [...groups.values()]
}

const LISTED_MAX = 8

export function listed(names: readonly string[]): string {
  const rest = names.length - LISTED_MAX
  return `${names.slice(0, LISTED_MAX).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' · ')
}
