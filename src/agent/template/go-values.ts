/** How Go's `fmt` writes values, and what its templates take for true (text/template, "Actions"). */

export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined) return false
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object') return Object.keys(value).length > 0
  return Boolean(value)
}

/** As `%v` does. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return '<no value>'
  if (Array.isArray(value)) return `[${value.map(formatValue).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, item]) => `${key}:${formatValue(item)}`).join(' ')}]`
}

/** Flags, width, precision, verb. */
const VERB = /%([-+0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g

/** `Printf`, with the verbs that make sense for text, numbers, flags and lists of them. */
export function formatText(format: string, values: readonly unknown[]): string {
  let next = 0
  const text = format.replace(VERB, (...match: string[]) => {
    const [, flags = '', width = '0', precision, verb = ''] = match
    if (verb === '%') return '%'
    if (next >= values.length) return `%!${verb}(MISSING)`
    const digits = precision === undefined ? undefined : Number(precision)
    return pad(formatVerb(verb, values[next++], digits), Number(width), flags)
  })
  const extra = values.slice(next)
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.map(formatValue).join(', ')})`
}

function formatVerb(verb: string, value: unknown, precision: number | undefined): string {
  switch (verb) {
    case 'v':
    case 's':
    case 't':
      return precision === undefined || verb !== 's' ? formatValue(value) : formatValue(value).slice(0, precision)
    case 'q':
      return JSON.stringify(formatValue(value))
    case 'd':
      return typeof value === 'number' && Number.isInteger(value) ? String(value) : `%!d(${formatValue(value)})`
    case 'f':
      return typeof value === 'number' ? value.toFixed(precision ?? 6) : `%!f(${formatValue(value)})`
    case 'x':
      return typeof value === 'number' ? value.toString(16) : Buffer.from(formatValue(value)).toString('hex')
    default:
      return `%!${verb}(${formatValue(value)})`
  }
}

const WIDTH_MAX = 1000

function pad(text: string, width: number, flags: string): string {
  const length = Math.min(width, WIDTH_MAX)
  if (flags.includes('-')) return text.padEnd(length)
  return text.padStart(length, flags.includes('0') ? '0' : ' ')
}
