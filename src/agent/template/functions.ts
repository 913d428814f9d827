import { formatText, formatValue, isTrue } from './go-values.ts'
import { TemplateError } from './template-error.ts'

type Arguments = readonly unknown[]

/** The functions of text/template that fit values of JSON, and `json`, which Weave's report adds (row CLI-18). */
const FUNCTIONS: Readonly<Record<string, (values: Arguments) => unknown>> = {
  json: ([value]) => JSON.stringify(value ?? null),
  and: values => values.find(value => !isTrue(value)) ?? values.at(-1),
  or: values => values.find(isTrue) ?? values.at(-1),
  not: ([value]) => !isTrue(value),
  len: ([value]) => lengthOf(value),
  index: ([value, ...keys]) => keys.reduce(itemOf, value),
  slice: ([value, from, to]) => sliceOf(value, from, to),
  print: values => values.map(formatValue).join(' '),
  println: values => `${values.map(formatValue).join(' ')}\n`,
  printf: ([format, ...values]) => formatText(formatValue(format), values),
  urlquery: values => encodeURIComponent(values.map(formatValue).join('')),
  eq: ([first, ...others]) => others.some(other => first === other),
  ne: ([a, b]) => a !== b,
  lt: ([a, b]) => compare(a, b) < 0,
  le: ([a, b]) => compare(a, b) <= 0,
  gt: ([a, b]) => compare(a, b) > 0,
  ge: ([a, b]) => compare(a, b) >= 0,
}

export function callFunction(name: string, values: Arguments): unknown {
  const called = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (called === undefined) throw new TemplateError(`function "${name}" not defined`)
  return called(values)
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  if (typeof value === 'object' && value !== null) return Object.keys(value).length
  throw new TemplateError(`len of ${formatValue(value)}`)
}

function itemOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value) && typeof key === 'number') {
    if (key < 0 || key >= value.length) throw new TemplateError(`index out of range: ${key}`)
    return value[key]
  }
  if (typeof value === 'object' && value !== null && typeof key === 'string') {
    return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
  }
  throw new TemplateError(`cannot index ${formatValue(value)} with ${formatValue(key)}`)
}

function sliceOf(value: unknown, from: unknown = 0, to: unknown = undefined): unknown {
  const isSliceable = typeof value === 'string' || Array.isArray(value)
  if (!isSliceable || typeof from !== 'number' || (to !== undefined && typeof to !== 'number')) {
    throw new TemplateError(`slice of ${formatValue(value)}`)
  }
  return value.slice(from, to)
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b)
  throw new TemplateError(`incompatible types for comparison: ${formatValue(a)} and ${formatValue(b)}`)
}
