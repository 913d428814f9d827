import { parseJson, ShapeReader } from '../../contract/json-shape.ts'
import { type Phase, phaseOf } from './phase.ts'

/** What Ansible's callback plugin `weave_events` reports, one object a line. */
export type PlaybookEvent =
  | { readonly kind: 'play'; readonly at: number; readonly name: string }
  | TaskEvent
  | { readonly kind: 'start'; readonly at: number; readonly host: string; readonly task: string }
  | ResultEvent
  | { readonly kind: 'empty'; readonly at: number }
  | { readonly kind: 'stats'; readonly at: number }

export interface TaskEvent {
  readonly kind: 'task'
  readonly at: number
  readonly task: string
  readonly name: string
  readonly phase: Phase | undefined
}

export interface ResultEvent {
  readonly kind: 'result'
  readonly at: number
  readonly outcome: Outcome
  readonly host: string
  readonly task: string
  /** Done on the control machine for this host, or for all of them. */
  readonly isDelegated: boolean
  readonly isChanged: boolean
  /** Messages by the name that Ansible gives them. */
  readonly details: Readonly<Record<string, string>>
  readonly diffs: readonly FileDiff[]
  /** What a module that was asked has found; its shape is the module's. */
  readonly answer?: unknown
}

const OUTCOMES = ['ok', 'skipped', 'failed', 'ignored', 'unreachable'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface FileDiff {
  readonly path: string
  readonly before: string
  readonly after: string
}

/** Undefined for a line that is none of ours: a program that Ansible started may have inherited the descriptor. */
export function parseEvent(line: string): PlaybookEvent | undefined {
  const json = parseJson(line)
  if (!json.ok || typeof json.value !== 'object' || json.value === null) return undefined
  const fields = json.value as Readonly<Record<string, unknown>>
  const shape = new ShapeReader(fields)
  const event = readEvent(shape, fields)
  return event !== undefined && shape.result(event).ok ? event : undefined
}

function readEvent(shape: ShapeReader, fields: Readonly<Record<string, unknown>>): PlaybookEvent | undefined {
  const kind = shape.text('kind')
  const at = typeof fields.at === 'number' ? fields.at : 0
  if (kind === 'play') return { kind, at, name: shape.text('name') }
  if (kind === 'start') return { kind, at, host: shape.text('host'), task: shape.text('task') }
  if (kind === 'empty' || kind === 'stats') return { kind, at }
  if (kind === 'task') {
    return { kind, at, task: shape.text('task'), name: shape.text('name'), phase: phaseOf(shape.texts('tags')) }
  }
  const outcome = OUTCOMES.find(known => known === kind)
  return outcome === undefined ? undefined : readResult(shape, { fields, outcome, at })
}

interface ResultInput {
  readonly fields: Readonly<Record<string, unknown>>
  readonly outcome: Outcome
  readonly at: number
}

function readResult(shape: ShapeReader, { fields, outcome, at }: ResultInput): ResultEvent {
  return {
    kind: 'result',
    at,
    outcome,
    host: shape.text('host'),
    task: shape.text('task'),
    isDelegated: typeof fields.delegate === 'string',
    isChanged: shape.flag('changed'),
    details: textsOf(fields.details),
    diffs: shape.list('diffs', readDiff),
    ...(fields.answer === undefined || fields.answer === null ? {} : { answer: fields.answer }),
  }
}

function readDiff(shape: ShapeReader): FileDiff {
  return { path: shape.text('after_header'), before: shape.text('before'), after: shape.text('after') }
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
