import ts from 'typescript'
import type { ProjectFile } from './project-files.ts'
import { type Finding, lineOf, parse, visit } from './syntax.ts'

/** Names that let time, chance or the world in; each with what to use for it. */
const IMPURE_NAMES: Readonly<Record<string, string>> = {
  Date: 'time comes in as `now`',
  performance: 'time comes in as `now`',
  setTimeout: 'say when to be woken with `deadline`',
  setInterval: 'say when to be woken with `deadline`',
  setImmediate: 'say when to be woken with `deadline`',
  clearTimeout: 'say when to be woken with `deadline`',
  clearInterval: 'say when to be woken with `deadline`',
  queueMicrotask: 'the core is synchronous',
  Promise: 'the core is synchronous',
  process: 'settings come in through the constructor',
  console: 'a log line is an output',
  crypto: 'chance comes in as `random`; ciphers live in one file of core/session',
  fetch: 'effects go out as values',
  globalThis: 'what a thing needs, its constructor is given',
}

/** Whatever makes a machine's answer depend on more than its inputs. */
export function impurities(file: ProjectFile): readonly Finding[] {
  const source = parse(file)
  const found: Finding[] = []
  visit(source, node => {
    const what = impurityOf(node)
    if (what !== undefined) found.push({ path: file.path, line: lineOf(source, node), what })
  })
  return found
}

function impurityOf(node: ts.Node): string | undefined {
  if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword) return 'async: the core is synchronous'
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) return 'async: the core is synchronous'
  if (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random')
    return 'Math.random: chance comes in as `random`'
  if (!ts.isIdentifier(node) || isMerelyNamed(node)) return undefined
  const instead = Object.hasOwn(IMPURE_NAMES, node.text) ? IMPURE_NAMES[node.text] : undefined
  return instead === undefined ? undefined : `${node.text}: ${instead}`
}

/** `entry.process` and `{ process: 1 }` name a field; only a free-standing name reaches the global. */
function isMerelyNamed(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  const isNamed =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isMethodSignature(parent)
  return isNamed && parent.name === node
}
