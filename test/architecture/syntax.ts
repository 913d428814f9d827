import ts from 'typescript'
import type { ProjectFile } from './project-files.ts'

export interface Finding {
  readonly path: string
  readonly line: number
  readonly what: string
}

/** One import of a file: static, type-only, re-exported, dynamic or in a type position. */
export interface ImportOf {
  readonly specifier: string
  readonly line: number
}

export function parse(file: ProjectFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true)
}

export function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}

export function visit(root: ts.Node, look: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    look(node)
    ts.forEachChild(node, step)
  }
  step(root)
}

/** Type-only imports count too: they bind two modules as firmly as the others. */
export function importsOf(file: ProjectFile): readonly ImportOf[] {
  const source = parse(file)
  const found: ImportOf[] = []
  visit(source, node => {
    const target = specifierOf(node)
    if (target !== undefined && ts.isStringLiteralLike(target)) {
      found.push({ specifier: target.text, line: lineOf(source, node) })
    }
  })
  return found
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0]
  const isRequire = ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'require'
  return isRequire ? node.arguments[0] : undefined
}

/** One line each, so that a failing test reads as a list of things to mend. */
export function report(findings: readonly Finding[]): readonly string[] {
  return findings.map(finding => `${finding.path}:${finding.line}: ${finding.what}`)
}
