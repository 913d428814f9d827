import type { Reach } from '../apply/apply-playbook.ts'
import { askHosts } from '../apply/ask-hosts.ts'
import type { Report } from '../apply/report.ts'
import { type HostChange, isUnchanged } from '../change/host-change.ts'
import type { Operator } from './operator.ts'

/** A line of a host's audit log. */
export interface AuditEntry extends Readonly<Record<string, unknown>> {
  readonly at: string
  readonly host: string
}

/** What a host is told of an apply: paths and outcomes, no text of a file. */
export function auditEntries(
  operator: Operator,
  changes: readonly HostChange[],
  report: Pick<Report, 'hosts'> | undefined,
): Readonly<Record<string, unknown>> {
  const changed = changes.filter(change => !isUnchanged(change))
  return Object.fromEntries(
    changed.map(({ host, files, actions }) => {
      const outcome = report?.hosts.find(({ name }) => name === host)?.outcome ?? 'begun'
      const what = { files: files.map(({ path, kind }) => `${kind} ${path}`), actions: actions.map(({ kind }) => kind) }
      return [host, { ...operator, host, outcome, ...what }]
    }),
  )
}

/** What hosts are told from which the overlay is taken off; those that had none are told nothing. */
export function removalEntries(
  operator: Operator,
  hosts: readonly string[],
  report: Pick<Report, 'hosts'> | undefined,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    hosts.flatMap(host => {
      const outcome = report === undefined ? 'begun' : report.hosts.find(({ name }) => name === host)?.outcome
      const isConcerned = outcome === 'begun' || outcome === 'changed' || outcome === 'failed'
      return isConcerned ? [[host, { ...operator, host, outcome, actions: ['take-down'] }]] : []
    }),
  )
}

/** The logs of all hosts as one, the oldest first. */
export async function readAudit(
  reach: Reach,
  question: { readonly group: string; readonly hosts: readonly string[]; readonly tail: number },
): Promise<{ readonly entries: readonly AuditEntry[]; readonly silent: readonly string[] }> {
  const { answers, problems } = await askHosts(reach, {
    playbook: 'operator',
    group: question.group,
    hosts: question.hosts,
    variables: { weave_operator: { tail: question.tail } },
  })
  const entries = [...answers].flatMap(([host, { value }]) => {
    const listed = (value as { entries?: readonly Readonly<Record<string, unknown>>[] }).entries ?? []
    return listed.map(entry => ({ ...entry, at: String(entry.at ?? ''), host }))
  })
  return { entries: entries.sort((a, b) => a.at.localeCompare(b.at)), silent: [...problems.keys()] }
}
