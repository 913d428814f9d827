import { projectFiles } from './project-files.ts'
import { refusalReasons } from './refusal-reasons.ts'

/** Of the other decoders' reasons is said that something cannot be read; what follows the colon is not counted by itself. */
const REFUSING_FILES = /^src\/core\/(router\/|ipam\/(contests|ipam)\.|dns\/names\.|wire\/(record-view|topic-record)\.)/

describe('the reasons of refusals', () => {
  it('are those of the tables for operators, each of them', () => {
    const page = projectFiles().find(({ path }) => path === 'docs/monitoring.md')?.text ?? ''
    const documented = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, reason]) => reason ?? '')
    const router = projectFiles().filter(({ path }) => REFUSING_FILES.test(path))
    expect(documented.sort()).toEqual([...refusalReasons(router)].sort())
  })
})

describe('the search for them', () => {
  it.each([
    ["this.#refuse(link, isOk ? 'one' : 'two', now)", ['one', 'two']],
    ["const LONG = 'a long one'\nrefusals.note(LONG, { peer })", ['a long one']],
    [`return refused(\`protocol \${a} to \${b}: what comes then\`)`, ['protocol N to N']],
    ["outputs.push({ kind: 'refused', peer, reason: 'one' })", ['one']],
    ["class Gate {\n  refusal() {\n    if (a) return 'one'\n    return undefined\n  }\n}", ['one']],
    ["class Desk {\n  greet() {\n    return TOO_MANY\n  }\n}\nconst TOO_MANY = 'one'", ['one']],
    [`return { kind: 'refused', reason: \`\${NO_ROOM}, and more\` }`, []],
    ["log.write('info', 'one')", []],
  ])('finds in %j what is refused', (text, reasons) => {
    expect([...refusalReasons([{ path: 'a.ts', text }])]).toEqual(reasons)
  })
})
