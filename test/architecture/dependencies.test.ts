import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEPENDENCIES, TOOLS } from './dependency-table.ts'
import { packageOf } from './import-rules.ts'
import { isCode, isUnder, PROJECT_ROOT, type ProjectFile, projectFiles } from './project-files.ts'
import { type Finding, importsOf, report } from './syntax.ts'

const manifest = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}
const shipped = projectFiles().filter(file => isCode(file.path) && isUnder(file.path, 'src', 'scripts', 'bin'))

describe('dependencies', () => {
  it('each has a reason and a place in the table', () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual(DEPENDENCIES.map(({ name }) => name).sort())
    expect(Object.keys(manifest.devDependencies).sort()).toEqual(Object.keys(TOOLS).sort())
  })

  it('each is imported, and from its place only', () => {
    expect(report(DEPENDENCIES.flatMap(dependency => misplaced(dependency.name, dependency.place)))).toEqual([])
    expect(
      DEPENDENCIES.filter(dependency => !isUsed(dependency.name, dependency.place)).map(({ name }) => name),
    ).toEqual([])
  })

  it('nothing is imported that package.json does not name', () => {
    const named = new Set(Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }))
    const unnamed = shipped.flatMap(file =>
      packagesOf(file)
        .filter(({ what }) => !named.has(what))
        .map(({ line, what }) => ({ path: file.path, line, what })),
    )
    expect(report(unnamed)).toEqual([])
  })
})

function misplaced(name: string, place: string): readonly Finding[] {
  return shipped
    .filter(file => !file.path.startsWith(place))
    .flatMap(packagesOf)
    .filter(({ what }) => what === name)
    .map(finding => ({ ...finding, what: `'${name}' belongs to ${place}` }))
}

function isUsed(name: string, place: string): boolean {
  const isMentionedOnly = DEPENDENCIES.some(dependency => dependency.name === name && dependency.isMentionedOnly)
  return shipped
    .filter(file => file.path.startsWith(place))
    .some(file => (isMentionedOnly ? file.text.includes(name) : packagesOf(file).some(({ what }) => what === name)))
}

function packagesOf(file: ProjectFile): readonly Finding[] {
  return importsOf(file)
    .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map(({ specifier, line }) => ({ path: file.path, line, what: packageOf(specifier) }))
}
