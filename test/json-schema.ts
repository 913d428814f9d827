import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../src/cli/project-root.ts'

/** The part of JSON Schema 2020-12 that docs/schemas uses; a keyword that is none of it is an error. */
export interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
}

const KEYWORDS = ['type', 'enum', 'anyOf', 'items', 'properties', 'required', 'additionalProperties']
const ANNOTATIONS = ['$schema', '$id', 'title', 'description']

/**
 * Where a value is not as its schema says; none when it is. A field that a schema with fields does not name is one: readers bear it, as
 * a minor release may add some, but here it would be a field that nobody has written down.
 */
export function violations(schema: Schema, value: unknown, path = '$'): readonly string[] {
  const unknown = Object.keys(schema).filter(key => ![...KEYWORDS, ...ANNOTATIONS].includes(key))
  if (unknown.length > 0) throw new Error(`${path}: no such keyword: ${unknown.join(', ')}`)
  if (schema.anyOf !== undefined) {
    const fits = schema.anyOf.some(option => violations(option, value, path).length === 0)
    return fits ? [] : [`${path} is none of the choices: ${JSON.stringify(value)}`]
  }
  if (schema.enum !== undefined)
    return schema.enum.includes(value) ? [] : [`${path} is not one of ${schema.enum.join(', ')}: ${value}`]
  if (schema.type !== undefined && !hasType(schema.type, value)) return [`${path} is not of type ${schema.type}`]
  if (Array.isArray(value)) return value.flatMap((item, i) => violations(schema.items ?? {}, item, `${path}[${i}]`))
  return typeof value === 'object' && value !== null ? ofObject(schema, value as Fields, path) : []
}

type Fields = Readonly<Record<string, unknown>>

function ofObject(schema: Schema, value: Fields, path: string): readonly string[] {
  const missing = (schema.required ?? []).filter(name => !(name in value)).map(name => `${path}.${name} is missing`)
  const { properties = {}, additionalProperties = schema.properties === undefined } = schema
  const wrong = Object.entries(value).flatMap(([name, field]) => {
    const own = properties[name] ?? additionalProperties
    if (own === false) return [`${path}.${name} is not in the schema`]
    return own === true ? [] : violations(own, field, `${path}.${name}`)
  })
  return [...missing, ...wrong]
}

function hasType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}

/** Commands whose answer has the shape of another's. */
const SAME: Readonly<Record<string, string>> = {
  up: 'report',
  rollback: 'report',
  down: 'report',
  verify: 'report',
  add: 'report',
  remove: 'report',
  revoke: 'report',
  reset: 'report',
}

/** Commands that with --check tell what they would do. */
const PLANNING = ['up', 'rollback', 'add', 'remove', 'revoke']

/** What is wrong with an answer of the command line; nothing is where it was not asked for JSON, or failed before it had any. */
export function violationsOfAnswer(args: readonly string[], stdout: string): readonly string[] {
  const [command = ''] = args
  const isOwn = command === 'lab' || !args.includes('--json') || args.includes('--')
  if (isOwn || stdout.trim() === '') return []
  return violations(schemaOf(command, args.includes('--check')), JSON.parse(stdout))
}

/** Of what `weave-provision COMMAND --json` prints. */
export function schemaOf(command: string, isCheck = false): Schema {
  const name = isCheck && PLANNING.includes(command) ? 'plan' : (SAME[command] ?? command)
  const path = join(projectRoot(), 'docs', 'schemas', `${name}.json`)
  if (!existsSync(path)) throw new Error(`${command} has no schema: ${path}`)
  return JSON.parse(readFileSync(path, 'utf8')) as Schema
}
