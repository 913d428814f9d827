import Handlebars from 'handlebars'
import { assert } from '../../base/assert.ts'

/** Template texts by the path of the file they make. */
export type TemplateTexts = ReadonlyMap<string, string>

export type TemplateValues = Readonly<Record<string, string | number>>

/** Templates only place values: `strict` refuses a name that has none, and nothing is escaped as HTML. */
export class Templates {
  readonly #texts: TemplateTexts
  readonly #compiled = new Map<string, HandlebarsTemplateDelegate>()

  constructor(texts: TemplateTexts) {
    this.#texts = texts
  }

  fill(path: string, values: TemplateValues): string {
    const template = this.#compiled.get(path) ?? this.#compile(path)
    return template(values)
  }

  #compile(path: string): HandlebarsTemplateDelegate {
    const text = this.#texts.get(path)
    assert(text !== undefined, `there is a template for ${path}`)
    const template = Handlebars.compile(text, { noEscape: true, strict: true })
    this.#compiled.set(path, template)
    return template
  }
}
