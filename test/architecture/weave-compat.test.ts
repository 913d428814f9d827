import { createContext } from '../../src/cli/weave/context.ts'
import { HISTORIC_VARIABLES } from '../../src/cli/weave/environment.ts'
import { OLD_FLAGS } from '../../src/cli/weave/old-spellings.ts'
import { createProgram } from '../../src/cli/weave/program.ts'
import { NOWHERE } from '../unit/cli/nowhere.ts'
import { projectFiles } from './project-files.ts'

/** How many rows each group has: what Weave Net 2.8.1 had of it. */
const GROUPS = {
  CLI: 29,
  FLAG: 48,
  ENV: 25,
  ARG: 7,
  OLD: 13,
  API: 26,
  STAT: 8,
  MET: 10,
  LAN: 10,
  FW: 9,
  IPM: 15,
  DNS: 13,
  PRX: 9,
  PLG: 7,
  CNI: 7,
} as const

const STATES = ['done', 'differs', 'replaced', 'left out']

const page = projectFiles().find(file => file.path === 'docs/weave-compat.md')?.text ?? ''
const rows = [...page.matchAll(/^\| ([A-Z]+-\d{2}) \| ([^|]+) \| ?(.*)\|$/gm)].map(
  ([, id = '', state = '', note = '']) => ({
    id,
    state: state.trim(),
    note: note.trim(),
  }),
)

describe('the page of what became of Weave', () => {
  it.each(Object.entries(GROUPS))('has each row of %s once, in order', (group, count) => {
    const ids = rows.map(({ id }) => id).filter(id => id.startsWith(`${group}-`))
    expect(ids).toEqual(Array.from({ length: count }, (_, i) => `${group}-${String(i + 1).padStart(2, '0')}`))
  })

  it('says of each row what became of it, and why where it is not as it was', () => {
    const others = rows.filter(({ state, note }) => !STATES.includes(state) || (state !== 'done' && note === ''))
    expect(others).toEqual([])
    expect(page).toContain(`Groups: ${Object.keys(GROUPS).join(', ')}.`)
  })

  it('calls done what the title of a test names', () => {
    const tests = projectFiles().filter(({ path }) => /^test\/(unit|system)\/.*\.test\.ts$/.test(path))
    const named = new Set(tests.flatMap(({ text }) => idsIn(text)))
    const unshown = rows.filter(({ id, state }) => state === 'done' && !named.has(id))
    expect(unshown.map(({ id }) => id)).toEqual([])
  })

  it('names flags of launch that launch takes', () => {
    const launch = createProgram(createContext(NOWHERE, {})).commands.find(one => one.name() === 'launch')
    const known = [...(launch?.options ?? []).map(({ long }) => long), ...Object.keys(OLD_FLAGS)]
    const shown = rows
      .filter(({ id }) => id.startsWith('FLAG-'))
      .flatMap(({ id, note }) => [...note.matchAll(/`(--[a-z][a-z0-9-]*)/g)].map(([, flag = '']) => `${id} ${flag}`))
    expect(shown.length).toBeGreaterThan(40)
    expect(shown.filter(entry => !known.includes(entry.split(' ')[1] ?? ''))).toEqual([])
  })

  it('names variables as answered that are answered', () => {
    const answered = rows
      .filter(({ id, note }) => id.startsWith('ENV-') && /answered/.test(note))
      .flatMap(({ note }) =>
        [...(note.split('answered')[0] ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name),
      )
      .filter(name => name !== 'WEAVE_NO_FASTDP')
    expect(answered.length).toBeGreaterThan(6)
    expect(answered.filter(name => !Object.hasOwn(HISTORIC_VARIABLES, name))).toEqual([])
  })
})

/** Of the titles of `it` and `describe`: a comment proves nothing, and neither does a range. */
function idsIn(text: string): readonly string[] {
  const titles = text.matchAll(/\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1,\s*(?:async\s*)?(?:\([^()]*\)|\w+)\s*=>/g)
  return [...titles].flatMap(([, , title = '']) => title.match(/(?<! to )\b[A-Z]+-\d{2}\b(?! to )/g) ?? [])
}
