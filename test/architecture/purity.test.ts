import { isUnder, projectFiles } from './project-files.ts'
import { impurities } from './purity-rules.ts'
import { report } from './syntax.ts'

const pure = projectFiles().filter(
  file =>
    isUnder(file.path, 'src/core', 'src/base', 'src/contract', 'src/provision/plan', 'src/provision/render') &&
    file.path.endsWith('.ts'),
)

describe('purity', () => {
  it('time, chance and the world reach the core, the plan and the renderer as inputs only', () => {
    expect(report(pure.flatMap(impurities))).toEqual([])
  })
})

describe('the checker of purity', () => {
  it.each([
    'const now = Date.now()',
    'const at = new Date()',
    'setTimeout(() => {}, 1)',
    'const dice = Math.random()',
    'const at = performance.now()',
    'const port = process.env.PORT',
    'async function go() {}',
    'const go = async () => {}',
    'for await (const x of xs) {}',
    'const later: Promise<void> = undefined',
    'const key = crypto.getRandomValues(bytes)',
    "console.log('here')",
  ])('%s is impure', text => {
    expect(impurities({ path: 'src/core/a.ts', text })).not.toEqual([])
  })

  it.each([
    'const floor = Math.floor(2.5)',
    'const p = host.process',
    'const p = { process: 1, crypto: 2 }',
    'interface A { process(): void; Date: number }',
    "const text = 'Date.now()' // setTimeout",
  ])('%s is pure', text => {
    expect(impurities({ path: 'src/core/a.ts', text })).toEqual([])
  })
})
