import ts from 'typescript'
import type { ProjectFile } from './project-files.ts'
import { parse, visit } from './syntax.ts'

/** What refuses, and has the reason among its arguments. */
const REFUSING = ['#refuse', 'refuse', 'refused', 'note']
/** What gives the reason back, if there is one. */
const GIVING = ['refusal', '#refusal', 'greet', 'heard']
/** What one peer is told of another, or the router of a record; not what somebody is answered who asks. */
const REFUSED = /^\{ kind: 'refused', (peer, |reason: ')/

/** The reasons of refusals that the files spell out, as `weave_control_refused_total` has them: without numbers, up to the first colon. */
export function refusalReasons(files: readonly ProjectFile[]): ReadonlySet<string> {
  const sources = files.map(parse)
  const constants = new Map(sources.flatMap(constantsOf))
  const found = new Set<string>()
  const look = (node: ts.Node) => {
    for (const reason of reasonsOf(node)) {
      const text = ts.isIdentifier(reason) ? constants.get(reason.text) : textOf(reason)
      if (text !== undefined) found.add((text.split(':')[0] ?? '').replace(/\d+/g, 'N'))
    }
  }
  for (const source of sources) visit(source, look)
  return found
}

function reasonsOf(node: ts.Node): readonly ts.Node[] {
  if (ts.isCallExpression(node) && REFUSING.includes(calledName(node))) return node.arguments.flatMap(alternatives)
  if (ts.isMethodDeclaration(node) && GIVING.includes(node.name.getText())) return returnedBy(node)
  const isReason = ts.isPropertyAssignment(node) && node.name.getText() === 'reason'
  return isReason && REFUSED.test(node.parent.getText()) ? alternatives(node.initializer) : []
}

function calledName({ expression }: ts.CallExpression): string {
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText()
}

function returnedBy(method: ts.MethodDeclaration): readonly ts.Node[] {
  const found: ts.Node[] = []
  visit(method, node => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) found.push(...alternatives(node.expression))
  })
  return found
}

function alternatives(node: ts.Expression): readonly ts.Node[] {
  return ts.isConditionalExpression(node) ? [node.whenTrue, node.whenFalse].flatMap(alternatives) : [node]
}

/** What is put in between counts as a number, which a reason has where no colon is in front of it. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return node.head.text + node.templateSpans.map(({ literal }) => `0${literal.text}`).join('')
}

function constantsOf(source: ts.SourceFile): readonly (readonly [string, string])[] {
  const found: (readonly [string, string])[] = []
  visit(source, node => {
    if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return
    const text = textOf(node.initializer)
    if (text !== undefined) found.push([node.name.getText(), text])
  })
  return found
}
