import { forbiddenImports, MODULE_RULES } from './import-rules.ts'
import { isUnder, projectFiles } from './project-files.ts'
import { importsOf, report } from './syntax.ts'

const sources = projectFiles().filter(file => isUnder(file.path, 'src') && file.path.endsWith('.ts'))

describe('layers', () => {
  it('every file of src imports only what its module may', () => {
    expect(report(sources.flatMap(file => forbiddenImports(file)))).toEqual([])
  })

  it('one file at most of the core uses Node, and only its cryptography', () => {
    const users = sources
      .filter(file => isUnder(file.path, 'src/core'))
      .flatMap(file => importsOf(file).map(({ specifier }) => ({ path: file.path, specifier })))
      .filter(({ specifier }) => specifier.startsWith('node:'))
    expect(new Set(users.map(user => user.path)).size).toBeLessThanOrEqual(1)
    expect(users.every(user => user.specifier === 'node:crypto')).toBe(true)
  })

  it('modules of the table name only modules of the table', () => {
    const names = new Set(MODULE_RULES.map(rule => rule.name))
    expect(MODULE_RULES.flatMap(rule => rule.modules).filter(name => !names.has(name))).toEqual([])
  })

  it('no two modules of the table may import each other', () => {
    const mayImport = new Set(MODULE_RULES.flatMap(rule => rule.modules.map(name => `${rule.name} → ${name}`)))
    const mutual = MODULE_RULES.flatMap(rule => rule.modules.filter(name => mayImport.has(`${name} → ${rule.name}`)))
    expect(mutual).toEqual([])
  })
})

describe('the checker of layers', () => {
  it.each([
    ['src/base/mac.ts', "import { readFileSync } from 'node:fs'", "'base' must not import 'node:fs'"],
    ['src/contract/a.ts', "import { x } from '../agent/x.ts'", "'contract' must not import 'agent'"],
    ['src/core/mesh/a.ts', "import { x } from '../ipam/x.ts'", "'core/mesh' must not import 'core/ipam'"],
    ['src/core/ipam/a.ts', "import type { X } from '../router/x.ts'", "'core/ipam' must not import 'core/router'"],
    ['src/agent/a.ts', "export { x } from '../provision/plan/x.ts'", "'agent' must not import 'provision/plan'"],
    ['src/agent/a.ts', "const x = await import('../core/session/x.ts')", "'agent' must not import 'core/session'"],
    ['src/agent/a.ts', "type X = import('../lab/x.ts').X", "'agent' must not import 'lab'"],
    ['src/provision/plan/a.ts', "import { execa } from 'execa'", "must not import the package 'execa'"],
    ['src/provision/apply/a.ts', "import '@scope/name/part'", "must not import the package '@scope/name'"],
    ['src/cli/weave.ts', "import { x } from '../provision/x.ts'", "'cli/weave' must not import 'provision'"],
    ['src/cli/provision-up.ts', "import { x } from '../agent/x.ts'", "'cli/weave-provision' must not import 'agent'"],
    ['src/base/mac.ts', "import { x } from './result'", 'does not end in .ts'],
    ['src/elsewhere/a.ts', '', 'is in no module of the table'],
  ])('%s: %s is refused', (path, text, expected) => {
    expect(report(forbiddenImports({ path, text })).join('\n')).toContain(expected)
  })

  it.each([
    ['src/base/mac.ts', "import { ok } from './result.ts'"],
    ['src/core/session/a.ts', "import { hkdfSync } from 'node:crypto'"],
    ['src/core/router/a.ts', "import { x } from '../session/x.ts'"],
    ['src/agent/a.ts', "import koffi from 'koffi'\nimport { x } from '../core/router/x.ts'"],
    ['src/cli/weave-status.ts', "import { x } from '../agent/x.ts'"],
    ['src/cli/weave-provision.ts', "import { Command } from 'commander'\nimport { x } from '../lab/x.ts'"],
  ])('%s: %s is allowed', (path, text) => {
    expect(forbiddenImports({ path, text })).toEqual([])
  })

  it('names the file, the line, the import and the reason', () => {
    const [line] = report(forbiddenImports({ path: 'src/base/a.ts', text: "\nimport 'koffi'" }))
    expect(line).toBe(
      "src/base/a.ts:2: 'base' must not import the package 'koffi'; base holds values that both halves use, and must run anywhere",
    )
  })
})
