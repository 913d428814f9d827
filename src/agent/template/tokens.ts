import { TemplateError } from './template-error.ts'

/** A piece of a template: text to copy, or the tokens of one action between `{{` and `}}`. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly Token[] }

export type Token =
  /** `.A.B` is two fields; a lone `.` has no names. */
  | { readonly kind: 'field'; readonly names: readonly string[]; readonly isAttached: boolean }
  /** `$`, `$x`. */
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'sign'; readonly sign: string }

const PATTERNS = {
  space: /\s+/y,
  string: /"(?:[^"\\\n]|\\.)*"/y,
  raw: /`[^`]*`/y,
  number: /[+-]?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/y,
  variable: /\$\w*/y,
  field: /(?:\.[A-Za-z_]\w*)+|\./y,
  word: /[A-Za-z_]\w*/y,
  sign: /:=|[=|(),]/y,
} as const

/** Cuts a template into text and actions; `{{-` and `-}}` eat the white space beside them, comments vanish. */
export function cutTemplate(template: string): readonly Piece[] {
  const pieces: Piece[] = []
  let isTrimmed = false
  let at = 0
  while (at < template.length) {
    const opening = template.indexOf('{{', at)
    const text = template.slice(at, opening === -1 ? undefined : opening)
    if (opening === -1) {
      pieces.push({ kind: 'text', text: isTrimmed ? text.trimStart() : text })
      break
    }
    const closing = closingOf(template, opening)
    const inside = template.slice(opening + 2, closing)
    const before = isTrimmed ? text.trimStart() : text
    const trimsBefore = /^-\s/.test(inside)
    pieces.push({ kind: 'text', text: trimsBefore ? before.trimEnd() : before })
    isTrimmed = /\s-$/.test(inside)
    const action = inside.slice(trimsBefore ? 1 : 0, isTrimmed ? -1 : undefined).trim()
    if (!/^\/\*[\s\S]*\*\/$/.test(action)) pieces.push({ kind: 'action', tokens: tokensOf(action) })
    at = closing + 2
  }
  return pieces
}

/** Where the action ends: not inside a string. */
function closingOf(template: string, opening: number): number {
  const parts = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|\}\}/g
  parts.lastIndex = opening + 2
  for (let part = parts.exec(template); part !== null; part = parts.exec(template)) {
    if (part[0] === '}}') return part.index
  }
  throw new TemplateError('an action that begins with {{ has no }}')
}

function tokensOf(action: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < action.length) {
    const space = match('space', action, at)
    if (space !== undefined) {
      at += space.length
      continue
    }
    const { token, length } = tokenAt(action, at)
    tokens.push(token)
    at += length
  }
  return tokens
}

function tokenAt(action: string, at: number): { readonly token: Token; readonly length: number } {
  const quoted = match('string', action, at)
  if (quoted !== undefined) return { token: { kind: 'string', value: unquote(quoted) }, length: quoted.length }
  const raw = match('raw', action, at)
  if (raw !== undefined) return { token: { kind: 'string', value: raw.slice(1, -1) }, length: raw.length }
  const number = match('number', action, at)
  if (number !== undefined) return { token: { kind: 'number', value: Number(number) }, length: number.length }
  const variable = match('variable', action, at)
  if (variable !== undefined) return { token: { kind: 'variable', name: variable }, length: variable.length }
  const field = match('field', action, at)
  if (field !== undefined) {
    const names = field.split('.').filter(name => name !== '')
    const isAttached = at > 0 && /[\w)$]/.test(action[at - 1] ?? '')
    return { token: { kind: 'field', names, isAttached }, length: field.length }
  }
  const word = match('word', action, at)
  if (word !== undefined) return { token: { kind: 'word', word }, length: word.length }
  const sign = match('sign', action, at)
  if (sign !== undefined) return { token: { kind: 'sign', sign }, length: sign.length }
  throw new TemplateError(`'${action.slice(at, at + 20)}' is not understood`)
}

function match(pattern: keyof typeof PATTERNS, text: string, at: number): string | undefined {
  const expression = PATTERNS[pattern]
  expression.lastIndex = at
  return expression.exec(text)?.[0]
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\', "'": "'" }

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(.)/g, (_, escaped: string) => {
    const character = ESCAPES[escaped]
    if (character === undefined) throw new TemplateError(`\\${escaped} in a string is not understood`)
    return character
  })
}
