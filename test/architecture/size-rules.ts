import { posix } from 'node:path'
import ts from 'typescript'
import type { ProjectFile } from './project-files.ts'
import { type Finding, lineOf, parse, visit } from './syntax.ts'

export const FILE_LINES_MAX = 300
export const FUNCTION_LINES_MAX = 60
export const PARAMETERS_MAX = 3
export const OWN_PARAMETERS_MAX = 6

const EMPTY_WORDS = /(^|-)(utils?|helpers?|commons?|misc|managers?)(-|$)/

export function tooLong(file: ProjectFile): readonly Finding[] {
  const lines = file.text.replace(/\n$/, '').split('\n').length
  const what = `${lines} lines, at most ${FILE_LINES_MAX}: one idea a file`
  return lines <= FILE_LINES_MAX ? [] : [{ path: file.path, line: FILE_LINES_MAX + 1, what }]
}

/** Functions beyond the limit of lines. What is given to `describe` is a chapter, not a function. */
export function longFunctions(file: ProjectFile): readonly Finding[] {
  return functionsOf(file).flatMap(({ node, line, source }) => {
    if (isChapter(node)) return []
    const lines = source.getLineAndCharacterOfPosition(node.getEnd()).line + 2 - line
    const what = `a function of ${lines} lines, at most ${FUNCTION_LINES_MAX}: split what it decides from what it does`
    return lines <= FUNCTION_LINES_MAX ? [] : [{ path: file.path, line, what }]
  })
}

/**
 * Positional parameters beyond the limit; `now`, which each machine takes last, is not counted. A file's own functions may
 * have some more; one that runs for each frame, and says so with the words "hot path" above it, any number: an options
 * object there is garbage to collect.
 */
export function manyParameters(file: ProjectFile): readonly Finding[] {
  return functionsOf(file).flatMap(({ node, line }) => {
    const max = isOfFileOnly(node) ? OWN_PARAMETERS_MAX : PARAMETERS_MAX
    const count = node.parameters.filter(parameter => parameter.name.getText() !== 'now').length
    const what = `${count} parameters, at most ${max}: then an options object`
    return count <= max || isHotPath(node) ? [] : [{ path: file.path, line, what }]
  })
}

export function badName(path: string): readonly Finding[] {
  const stem = posix
    .basename(path)
    .replace(/\.(d|test|contract|golden)(?=\.)/, '')
    .replace(/\.[a-z0-9]+$/, '')
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) return [{ path, line: 1, what: 'the name is not kebab-case' }]
  if (EMPTY_WORDS.test(stem)) return [{ path, line: 1, what: 'the name says nothing: name the file for its one idea' }]
  return []
}

export function defaultExports(file: ProjectFile): readonly Finding[] {
  const source = parse(file)
  const found: Finding[] = []
  visit(source, node => {
    const isDefault =
      (ts.isExportAssignment(node) && node.isExportEquals !== true) ||
      (node.kind === ts.SyntaxKind.DefaultKeyword && ts.isModifier(node)) ||
      (ts.isExportSpecifier(node) && node.name.text === 'default')
    if (isDefault)
      found.push({ path: file.path, line: lineOf(source, node), what: 'default export: name what you export' })
  })
  return found
}

interface FunctionAt {
  readonly node: ts.FunctionLikeDeclaration
  readonly line: number
  readonly source: ts.SourceFile
}

function functionsOf(file: ProjectFile): readonly FunctionAt[] {
  const source = parse(file)
  const found: FunctionAt[] = []
  visit(source, node => {
    const isFunction = ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
    if (isFunction) found.push({ node: node as ts.FunctionLikeDeclaration, line: lineOf(source, node), source })
  })
  return found
}

function isChapter(node: ts.Node): boolean {
  const call = node.parent
  return ts.isCallExpression(call) && /^describe(\.each)?\b/.test(call.expression.getText())
}

function isOfFileOnly(node: ts.FunctionLikeDeclaration): boolean {
  if (node.name !== undefined && ts.isPrivateIdentifier(node.name)) return true
  if (ts.isMethodDeclaration(node) && ts.isObjectLiteralExpression(node.parent)) return true
  return ts.isFunctionDeclaration(node) && !node.modifiers?.some(one => one.kind === ts.SyntaxKind.ExportKeyword)
}

function isHotPath(node: ts.Node): boolean {
  return /hot path/i.test(node.getFullText().slice(0, node.getLeadingTriviaWidth()))
}
