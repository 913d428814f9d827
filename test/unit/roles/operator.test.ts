import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPython } from './run-python.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'operator-test-'))
})

afterEach(() => rmSync(root, { recursive: true }))

describe('the lock on a host', () => {
  it('is for one operator at a time, and is given back', () => {
    expect(
      states([ask('take', 'ann'), ask('take', 'bob'), ask('renew', 'ann'), ask('release', 'ann'), ask('take', 'bob')]),
    ).toEqual(['taken', 'held', 'taken', 'released', 'taken'])
    expect(statSync(join(root, 'state/operator-lock.json')).mode & 0o777).toBe(0o600)
  })

  it('names its holder to others, and its age by the clock of the host', () => {
    const [, shown] = run([ask('take', 'ann'), ask('show', 'bob')])
    expect(shown).toMatchObject({ state: 'held', operator: 'ann', message: 'why', isStale: false })
  })

  it('is not given back by somebody else, unless it is broken', () => {
    expect(states([ask('take', 'ann'), ask('release', 'bob'), ask('release', 'bob', '*'), ask('show', 'bob')])).toEqual(
      ['taken', 'held', 'released', 'free'],
    )
  })

  it('is taken over when it is known to be nobody’s', () => {
    expect(
      states([ask('take', 'ann'), ask('take', 'bob', 'other'), ask('take', 'bob', 'ann'), ask('renew', 'ann')]),
    ).toEqual(['taken', 'held', 'taken', 'held'])
  })

  it.each([
    ['was not renewed for long', 'time.time() - 901'],
    ['is from the future, as after a jump of the clock', 'time.time() + 9000'],
  ])('is taken over when it %s', (_, renewed) => {
    const [before, after] = run(
      [ask('take', 'ann'), ask('take', 'bob')],
      `
if number == 1:
    import time
    path = weave_operator.LOCK
    content = json.load(open(path)); content['renewed'] = ${renewed}; open(path, 'w').write(json.dumps(content))`,
    )
    expect([before?.state, after?.state, after?.operator]).toEqual(['taken', 'taken', 'ann'])
  })

  it('that is half-written is nobody’s', () => {
    run([ask('take', 'ann')])
    writeFileSync(join(root, 'state/operator-lock.json'), '{"id": "an')
    expect(states([ask('take', 'bob')])).toEqual(['taken'])
  })

  it('is not taken where nothing is set up, when only that is to be taken away', () => {
    const program = `import types, weave_operator
weave_operator.STATE = weave_host.STATE
weave_operator.LOCK = weave_host.STATE + '/operator-lock.json'

def ask(only):
    parameters = dict(given['question'], only_where_set_up=only, entry=None, tail=0)
    return weave_operator.work(types.SimpleNamespace(params=parameters, check_mode=False))['answer']['lock']['state']
answer = [ask(True), os.path.isdir(weave_host.STATE), ask(False), ask(True)]`
    expect(runPython(program, { root, question: ask('take', 'ann') })).toEqual(['free', false, 'taken', 'taken'])
  })

  it('makes no state on a host that is only asked', () => {
    expect(states([ask('show', 'ann'), ask('release', 'ann')])).toEqual(['free', 'free'])
    expect(existsSync(join(root, 'state'))).toBe(false)
  })
})

it('the audit log grows by one line at a time, and a broken line hides no other', () => {
  const path = join(root, 'audit.jsonl')
  const program = `import weave_operator
weave_operator.AUDIT = given['path']
weave_operator.append({'operator': 'ann'})
open(given['path'], 'a').write('{"half\\n')
weave_operator.append({'operator': 'bob'})
answer = weave_operator.last_entries(10)`
  const entries = runPython(program, { path }) as readonly { operator: string; at: string }[]
  expect(entries.map(({ operator }) => operator)).toEqual(['ann', 'bob'])
  expect(entries[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/)
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

interface Question {
  readonly lock: string
  readonly holder: Readonly<Record<string, string>>
  readonly breaks: string
  readonly stale_seconds: number
}

function ask(lock: string, who: string, breaks = ''): Question {
  return { lock, holder: { id: who, operator: who, message: 'why' }, breaks, stale_seconds: 900 }
}

function run(questions: readonly Question[], between = 'pass') {
  const program = `import weave_operator
weave_operator.STATE = weave_host.STATE
weave_operator.LOCK = weave_host.STATE + '/operator-lock.json'
answer = []
for number, question in enumerate(given['questions']):
${between
  .trim()
  .split('\n')
  .map(line => `    ${line}`)
  .join('\n')}
    answer.append(weave_operator.guarded(lambda: weave_operator.lock(question), question['lock'] == 'take'))`
  return runPython(program, { root, questions }) as readonly { state: string; operator?: string }[]
}

function states(questions: readonly Question[]): readonly string[] {
  return run(questions).map(({ state }) => state)
}
