import { callFunction } from './functions.ts'
import { formatValue, isTrue } from './go-values.ts'
import { parseTemplate } from './parser.ts'
import type { Block, Command, Node, Operand, Pipeline } from './syntax.ts'
import { TemplateError } from './template-error.ts'

const OUTPUT_CHARACTERS_MAX = 16 * 1024 * 1024
/** Of an error that names what there is. */
const FIELDS_CHARACTERS_MAX = 300
const STEPS_MAX = 1_000_000

/**
 * Renders a Go template (text/template) over values of JSON: fields, `if`, `with`, `range`, variables, pipelines and the usual
 * functions. What is not understood, and a field that is not there, is a `TemplateError`; nothing is rendered in part.
 */
export function renderTemplate(template: string, data: unknown): string {
  const renderer = new Renderer(data)
  renderer.block(parseTemplate(template), data, new Scope())
  return renderer.output
}

class Scope {
  readonly #values = new Map<string, unknown>()
  readonly #outer: Scope | undefined

  constructor(outer?: Scope) {
    this.#outer = outer
  }

  define(name: string, value: unknown): void {
    this.#values.set(name, value)
  }

  assign(name: string, value: unknown): void {
    this.#holderOf(name).define(name, value)
  }

  valueOf(name: string): unknown {
    return this.#holderOf(name).#values.get(name)
  }

  #holderOf(name: string): Scope {
    if (this.#values.has(name)) return this
    if (this.#outer === undefined) throw new TemplateError(`undefined variable "${name}"`)
    return this.#outer.#holderOf(name)
  }
}

class Renderer {
  readonly #root: unknown
  #output = ''
  #steps = 0

  constructor(root: unknown) {
    this.#root = root
  }

  get output(): string {
    return this.#output
  }

  block(nodes: Block, dot: unknown, scope: Scope): void {
    for (const node of nodes) this.#node(node, dot, scope)
  }

  #node(node: Node, dot: unknown, scope: Scope): void {
    if (++this.#steps > STEPS_MAX) throw new TemplateError('it takes too many steps')
    switch (node.kind) {
      case 'text':
        return this.#write(node.text)
      case 'show': {
        const value = this.#pipeline(node.pipeline, dot, scope)
        if (node.pipeline.assigns === undefined) this.#write(formatValue(value))
        return
      }
      case 'if':
      case 'with': {
        const inner = new Scope(scope)
        const value = this.#pipeline(node.pipeline, dot, inner)
        if (!isTrue(value)) return this.block(node.otherwise, dot, inner)
        return this.block(node.then, node.kind === 'with' ? value : dot, inner)
      }
      case 'range':
        return this.#range(node, dot, scope)
    }
  }

  #range(node: Extract<Node, { kind: 'range' }>, dot: unknown, scope: Scope): void {
    const entries = entriesOf(this.#pipeline(node.pipeline, dot, scope))
    if (entries.length === 0) return this.block(node.otherwise, dot, scope)
    for (const [key, value] of entries) {
      const inner = new Scope(scope)
      const [first, second] = node.variables
      if (first !== undefined) inner.define(first, second === undefined ? value : key)
      if (second !== undefined) inner.define(second, value)
      this.block(node.then, value, inner)
    }
  }

  #pipeline({ assigns, commands }: Pipeline, dot: unknown, scope: Scope): unknown {
    let result: readonly unknown[] = []
    for (const command of commands) result = [this.#command(command, result, { dot, scope })]
    const [value] = result
    if (assigns?.isNew === true) scope.define(assigns.name, value)
    else if (assigns !== undefined) scope.assign(assigns.name, value)
    return value
  }

  /** `piped`: what the command before gave, the last argument of this one. */
  #command(command: Command, piped: readonly unknown[], at: { dot: unknown; scope: Scope }): unknown {
    const [first, ...others] = command
    if (first?.kind === 'function') {
      const values = others.map(operand => this.#operand(operand, at))
      return callFunction(first.name, [...values, ...piped])
    }
    if (first === undefined || others.length + piped.length > 0) {
      throw new TemplateError("can't give argument to non-function")
    }
    return this.#operand(first, at)
  }

  #operand(operand: Operand, at: { dot: unknown; scope: Scope }): unknown {
    switch (operand.kind) {
      case 'value':
        return operand.value
      case 'dot':
        return at.dot
      case 'variable':
        return operand.name === '$' ? this.#root : at.scope.valueOf(operand.name)
      case 'function':
        return callFunction(operand.name, [])
      case 'nested':
        return this.#pipeline(operand.pipeline, at.dot, at.scope)
      case 'field':
        return operand.names.reduce(fieldOf, this.#operand(operand.of, at))
    }
  }

  #write(text: string): void {
    if (this.#output.length + text.length > OUTPUT_CHARACTERS_MAX) throw new TemplateError('its output is too long')
    this.#output += text
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, name)) {
    return (value as Record<string, unknown>)[name]
  }
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  const place = isMap ? `a map of ${Object.keys(value).join(', ')}` : formatValue(value)
  throw new TemplateError(`can't evaluate field ${name} in ${place.slice(0, FIELDS_CHARACTERS_MAX)}`)
}

function entriesOf(value: unknown): readonly (readonly [number | string, unknown])[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value.map((item, i) => [i, item])
  if (typeof value === 'object') return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  throw new TemplateError(`range can't iterate over ${formatValue(value)}`)
}
