import type { Block, Command, Node, Operand, Pipeline } from './syntax.ts'
import { TemplateError } from './template-error.ts'
import { cutTemplate, type Piece, type Token } from './tokens.ts'

const TEMPLATE_CHARACTERS_MAX = 64 * 1024
const NESTING_MAX = 100

/** Throws a `TemplateError` for what is no Go template, or uses more of them than is understood here. */
export function parseTemplate(template: string): Block {
  if (template.length > TEMPLATE_CHARACTERS_MAX) throw new TemplateError('it is too long')
  return new TemplateParser(cutTemplate(template)).parse()
}

interface EndedBlock {
  readonly nodes: Block
  /** What ended the block: `end`, or `else` with what follows it; nothing at the end of the template. */
  readonly end: readonly Token[] | undefined
}

class TemplateParser {
  readonly #pieces: readonly Piece[]
  #at = 0
  #depth = 0

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  parse(): Block {
    const { nodes, end } = this.#block()
    if (end !== undefined) throw new TemplateError(`{{${wordOf(end)}}} without {{if}}, {{with}} or {{range}}`)
    return nodes
  }

  #block(): EndedBlock {
    if (++this.#depth > NESTING_MAX) throw new TemplateError('it is nested too deeply')
    const nodes: Node[] = []
    for (;;) {
      const piece = this.#pieces[this.#at++]
      if (piece === undefined) return this.#ended(nodes, undefined)
      if (piece.kind === 'text') {
        if (piece.text !== '') nodes.push(piece)
        continue
      }
      const word = wordOf(piece.tokens)
      if (word === 'end' || word === 'else') return this.#ended(nodes, piece.tokens)
      nodes.push(this.#node(word, piece.tokens))
    }
  }

  #ended(nodes: Block, end: readonly Token[] | undefined): EndedBlock {
    this.#depth--
    return { nodes, end }
  }

  #node(word: string, tokens: readonly Token[]): Node {
    switch (word) {
      case 'if':
      case 'with': {
        const pipeline = new PipelineParser(tokens.slice(1)).parse()
        return { kind: word, pipeline, ...this.#branches(word) }
      }
      case 'range': {
        const { variables, rest } = rangeVariables(tokens.slice(1))
        const pipeline = new PipelineParser(rest).parse()
        return { kind: 'range', pipeline, variables, ...this.#branches(word) }
      }
      case 'define':
      case 'template':
      case 'block':
      case 'break':
      case 'continue':
        throw new TemplateError(`{{${word}}} is not understood here`)
      default:
        return { kind: 'show', pipeline: new PipelineParser(tokens).parse() }
    }
  }

  #branches(word: string): { readonly then: Block; readonly otherwise: Block } {
    const { nodes: then, end } = this.#block()
    if (end === undefined) throw new TemplateError(`{{${word}}} has no {{end}}`)
    if (wordOf(end) === 'end') return { then, otherwise: [] }
    const further = end.slice(1)
    if (further.length > 0) return { then, otherwise: [this.#node(wordOf(further), further)] }
    const otherwise = this.#block()
    if (otherwise.end === undefined || wordOf(otherwise.end) !== 'end') {
      throw new TemplateError(`{{else}} of {{${word}}} has no {{end}}`)
    }
    return { then, otherwise: otherwise.nodes }
  }
}

/** `$value :=` or `$key, $value :=` in front of what is walked. */
function rangeVariables(tokens: readonly Token[]): { variables: readonly string[]; rest: readonly Token[] } {
  const assignment = tokens.findIndex(token => isSign(token, ':='))
  if (assignment === -1) return { variables: [], rest: tokens }
  const variables = tokens.slice(0, assignment).flatMap(token => (token.kind === 'variable' ? [token.name] : []))
  return { variables, rest: tokens.slice(assignment + 1) }
}

class PipelineParser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): Pipeline {
    const pipeline = this.#pipeline()
    if (this.#at < this.#tokens.length) throw new TemplateError('a ) or an operand too many')
    return pipeline
  }

  #pipeline(): Pipeline {
    const [first, second] = this.#tokens.slice(this.#at, this.#at + 2)
    const isNew = isSign(second, ':=')
    if (first?.kind === 'variable' && (isNew || isSign(second, '='))) {
      this.#at += 2
      return { assigns: { name: first.name, isNew }, commands: this.#commands() }
    }
    return { commands: this.#commands() }
  }

  #commands(): readonly Command[] {
    const commands = [this.#command()]
    while (isSign(this.#tokens[this.#at], '|')) {
      this.#at++
      commands.push(this.#command())
    }
    return commands
  }

  #command(): Command {
    const operands: Operand[] = []
    for (let operand = this.#operand(); operand !== undefined; operand = this.#operand()) operands.push(operand)
    if (operands.length === 0) throw new TemplateError('a value is missing')
    return operands
  }

  /** With the fields that are attached to it, as in `$peer.Name` or `(index .Peers 0).Name`. */
  #operand(): Operand | undefined {
    let operand = this.#simple()
    while (operand !== undefined) {
      const next = this.#tokens[this.#at]
      if (next?.kind !== 'field' || !next.isAttached) break
      this.#at++
      operand = { kind: 'field', of: operand, names: next.names }
    }
    return operand
  }

  #simple(): Operand | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined) return undefined
    if (token.kind === 'sign' && token.sign !== '(') return undefined
    this.#at++
    switch (token.kind) {
      case 'string':
      case 'number':
        return { kind: 'value', value: token.value }
      case 'variable':
        return { kind: 'variable', name: token.name }
      case 'field':
        return token.names.length === 0 ? { kind: 'dot' } : { kind: 'field', of: { kind: 'dot' }, names: token.names }
      case 'word':
        return wordOperand(token.word)
      case 'sign': {
        const pipeline = this.#pipeline()
        if (!isSign(this.#tokens[this.#at++], ')')) throw new TemplateError('a ( has no )')
        return { kind: 'nested', pipeline }
      }
    }
  }
}

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['nil', null],
])

function wordOperand(word: string): Operand {
  const value = CONSTANTS.get(word)
  return value === undefined ? { kind: 'function', name: word } : { kind: 'value', value }
}

function wordOf(tokens: readonly Token[]): string {
  const [first] = tokens
  return first?.kind === 'word' ? first.word : ''
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.sign === sign
}
