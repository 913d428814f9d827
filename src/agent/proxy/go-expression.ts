/** Regular expressions as Go has them (RE2), where only the form is another than JavaScript's (Weave row FLAG-31). May throw. */
export function compileExpression(text: string): RegExp {
  const [, flags = '', expression = text] = /^\(\?([ims]+)\)(.*)$/s.exec(text) ?? []
  return new RegExp(expression.replaceAll('(?P<', '(?<'), flags)
}

/** `${1}` and `${name}` of a replacement. */
export function replacementOf(text: string): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => (/^\d+$/.test(name) ? `$${name}` : `$<${name}>`))
}
