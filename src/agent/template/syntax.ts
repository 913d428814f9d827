/** A template as a tree. */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'show'; readonly pipeline: Pipeline }
  | { readonly kind: 'if' | 'with'; readonly pipeline: Pipeline; readonly then: Block; readonly otherwise: Block }
  | {
      readonly kind: 'range'
      readonly pipeline: Pipeline
      /** Of `range $value := …` or `range $key, $value := …`. */
      readonly variables: readonly string[]
      readonly then: Block
      readonly otherwise: Block
    }

export type Block = readonly Node[]

/** Commands, each of which is given the result of the one before as its last argument. */
export interface Pipeline {
  /** Set by `$x := …` and `$x = …`, which show nothing. */
  readonly assigns?: { readonly name: string; readonly isNew: boolean }
  readonly commands: readonly Command[]
}

/** A value with arguments: a function, or an operand alone. */
export type Command = readonly Operand[]

export type Operand =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'nested'; readonly pipeline: Pipeline }
  | { readonly kind: 'field'; readonly of: Operand; readonly names: readonly string[] }
