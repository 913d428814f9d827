import { ok, type Result, refused } from '../base/result.ts'

/** Reads fields of parsed JSON, and keeps the first thing that is wrong, named by its path. */
export class ShapeReader {
  readonly #root: Record<string, unknown>
  readonly #path: string
  readonly #problems: string[]

  constructor(value: unknown, path = '', problems: string[] = []) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (!isObject) problems.push(`${path === '' ? 'the document' : path} is not an object`)
    this.#root = isObject ? (value as Record<string, unknown>) : {}
    this.#path = path
    this.#problems = problems
  }

  text(field: string): string {
    return this.#expect(field, value => typeof value === 'string', 'a text', '')
  }

  /** A text, or null when the field is null or absent. */
  optionalText(field: string): string | null {
    const isText = (value: unknown) => value === undefined || value === null || typeof value === 'string'
    return this.#expect<string | null | undefined>(field, isText, 'a text or null', null) ?? null
  }

  integer(field: string, min: number, max: number): number {
    const fits = (value: unknown) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max
    return this.#expect(field, fits, `an integer from ${min} to ${max}`, min)
  }

  flag(field: string): boolean {
    return this.#expect(field, value => typeof value === 'boolean', 'true or false', false)
  }

  /** False when the field is absent. */
  optionalFlag(field: string): boolean {
    return this.#root[field] === undefined ? false : this.flag(field)
  }

  texts(field: string): readonly string[] {
    const isTexts = (value: unknown) => Array.isArray(value) && value.every(item => typeof item === 'string')
    return this.#expect(field, isTexts, 'a list of texts', [])
  }

  /** A list of texts; empty when the field is absent, as in files of an older release. */
  optionalTexts(field: string): readonly string[] {
    return this.#root[field] === undefined ? [] : this.texts(field)
  }

  /** Whole numbers by name; none when the field is absent. */
  optionalIntegers(field: string, min: number, max: number): Readonly<Record<string, number>> {
    const fits = (value: unknown) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max
    const areIntegers = (value: unknown) =>
      value === undefined ||
      (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(fits))
    const wanted = `integers from ${min} to ${max} by name`
    return this.#expect<Record<string, number> | undefined>(field, areIntegers, wanted, {}) ?? {}
  }

  object(field: string): ShapeReader {
    return new ShapeReader(this.#root[field], this.#pathOf(field), this.#problems)
  }

  /** Undefined when the field is absent, as in files of an older release. */
  optionalObject(field: string): ShapeReader | undefined {
    return this.#root[field] === undefined ? undefined : this.object(field)
  }

  /** An object whose fields may be anything; empty when it is absent. */
  values(field: string): Readonly<Record<string, unknown>> {
    const isObject = (value: unknown) =>
      value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))
    return this.#expect<Record<string, unknown> | undefined>(field, isObject, 'an object', {}) ?? {}
  }

  list<T>(field: string, read: (item: ShapeReader) => T): readonly T[] {
    const items = this.#expect<unknown[]>(field, Array.isArray, 'a list', [])
    return items.map((item, i) => read(new ShapeReader(item, `${this.#pathOf(field)}[${i}]`, this.#problems)))
  }

  /** Lets a caller check what the shapes above cannot say. */
  check(isGood: boolean, problem: string): void {
    if (!isGood) this.#problems.push(problem)
  }

  result<T>(value: T): Result<T> {
    const [first] = this.#problems
    return first === undefined ? ok(value) : refused(first)
  }

  #expect<T>(field: string, isGood: (value: unknown) => boolean, wanted: string, otherwise: T): T {
    const value = this.#root[field]
    if (isGood(value)) return value as T
    this.#problems.push(`${this.#pathOf(field)} must be ${wanted}`)
    return otherwise
  }

  #pathOf(field: string): string {
    return this.#path === '' ? field : `${this.#path}.${field}`
  }
}

export function parseJson(text: string): Result<unknown> {
  try {
    return ok(JSON.parse(text))
  } catch (cause) {
    return refused(`not JSON: ${(cause as Error).message}`)
  }
}
