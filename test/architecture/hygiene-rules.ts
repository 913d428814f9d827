import ts from 'typescript'
import type { ProjectFile } from './project-files.ts'
import { type Finding, lineOf, parse, visit } from './syntax.ts'

/** Patterns are pieced together so that this file does not match itself. */
const FORBIDDEN_TEXT: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: new RegExp(`@ts-${'(ignore|nocheck)'}`), what: 'switches the compiler off: mend the type' },
  { pattern: new RegExp(`\\b(TO${'DO'}|FIX${'ME'}|XX${'X'})\\b`), what: 'do it or leave it' },
]

const PRIVATE_KEY = new RegExp(`-----BEGIN [A-Z ]*PRIVATE ${'KEY'}-----[\\s\\S]{0,8}[A-Za-z0-9+/]{16}`)

/** A path of somebody's machine: a first folder that no Debian system needs. */
const MACHINE_PATH = /(?<![\w.~$}*-])\/(work|home|Users)\/[\w.-]/

const TEST_FUNCTIONS = ['it', 'test', 'describe']

/** In code: what hides a problem from the compiler or from whoever reads the test report. */
export function hiddenProblems(file: ProjectFile): readonly Finding[] {
  const source = parse(file)
  const found: Finding[] = []
  visit(source, node => {
    const what = hiddenProblemOf(node)
    if (what !== undefined) found.push({ path: file.path, line: lineOf(source, node), what })
  })
  return [...found, ...linesMatching(file, FORBIDDEN_TEXT)]
}

/** In any text file. */
export function leaks(file: ProjectFile): readonly Finding[] {
  const paths = linesMatching(file, [{ pattern: MACHINE_PATH, what: 'names a folder of one machine' }])
  const keys = PRIVATE_KEY.test(file.text) ? [{ path: file.path, line: 1, what: 'holds a private key' }] : []
  return [...paths, ...keys]
}

function hiddenProblemOf(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return '`any`: say what it is, or `unknown`'
  if (!ts.isCallExpression(node)) return undefined
  // A choice `condition ? describe : describe.skip` states its reason in the condition, and is no call of `.skip`.
  const [head = '', ...modifiers] = calleeNames(node.expression)
  if (['xit', 'xtest', 'xdescribe', 'fit', 'fdescribe'].includes(head)) return `${head}: every test runs`
  const modifier = modifiers.find(name => ['skip', 'only', 'todo', 'failing'].includes(name))
  return TEST_FUNCTIONS.includes(head) && modifier !== undefined ? `${head}.${modifier}: every test runs` : undefined
}

/** `it.skip.each(table)` is `it`, `skip`, `each`; what is in the table does not matter. */
function calleeNames(callee: ts.Expression): readonly string[] {
  if (ts.isIdentifier(callee)) return [callee.text]
  if (ts.isPropertyAccessExpression(callee)) return [...calleeNames(callee.expression), callee.name.text]
  return []
}

function linesMatching(file: ProjectFile, rules: typeof FORBIDDEN_TEXT): readonly Finding[] {
  return file.text
    .split('\n')
    .flatMap((text, i) =>
      rules.filter(rule => rule.pattern.test(text)).map(rule => ({ path: file.path, line: i + 1, what: rule.what })),
    )
}
