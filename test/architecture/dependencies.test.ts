import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEPENDENCIES, TOOLS } from './dependency-table.ts'
import { packageOf } from './import-rules.ts'
import { isCode, isUnder, PROJECT_ROOT, type ProjectFile, projectFiles } from './project-files.ts'
import { type Finding, importsOf, report } from './syntax.ts'

const manifest = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  allowScripts: Record<string, boolean>
}
const locked = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { hasInstallScript?: boolean; optionalDependencies?: Record<string, string> }>
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

  it('none needs an install script: what has one is denied it', () => {
    const withScript = Object.entries(locked.packages).filter(([, entry]) => entry.hasInstallScript === true)
    const names = withScript.map(([path]) => path.replace(/^.*node_modules\//, ''))
    expect(names.filter(name => manifest.allowScripts[name] !== false)).toEqual([])
  })

  it('the lock file lists each optional package, or npm ci refuses it where the registry lacks one', () => {
    const paths = Object.keys(locked.packages)
    const optional = Object.values(locked.packages).flatMap(entry => Object.keys(entry.optionalDependencies ?? {}))
    expect([...new Set(optional)].filter(name => !paths.some(path => path.endsWith(`node_modules/${name}`)))).toEqual(
      [],
    )
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
