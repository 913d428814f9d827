import { type PlaybookEvent, parseEvent } from '../../../../src/provision/apply/event.ts'

/** Events as the callback plugin writes them. */
export function taskLine(task: string, tags: readonly string[], at = 0): string {
  return JSON.stringify({ kind: 'task', at, task, name: `task ${task}`, tags, isHandler: false })
}

export function startLine(host: string, task: string): string {
  return JSON.stringify({ kind: 'start', at: 0, host, task })
}

export interface ResultTraits {
  readonly at?: number
  readonly changed?: boolean
  readonly delegate?: string | null
  readonly details?: Readonly<Record<string, string>>
  readonly diffs?: readonly unknown[]
}

export function resultLine(kind: string, host: string, task: string, traits: ResultTraits = {}): string {
  const defaults = { at: 0, changed: false, delegate: null, details: {}, diffs: [] }
  return JSON.stringify({ ...defaults, ...traits, kind, host, task })
}

export function statsLine(at: number): string {
  return JSON.stringify({ kind: 'stats', at, hosts: {} })
}

export function eventOf(line: string): PlaybookEvent {
  const event = parseEvent(line)
  if (event === undefined) throw new Error(`not an event: ${line}`)
  return event
}
