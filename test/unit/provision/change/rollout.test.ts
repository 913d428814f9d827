import { type Problem, UserError } from '../../../../src/base/user-error.ts'
import type { ApplyOptions, Reach } from '../../../../src/provision/apply/apply-playbook.ts'
import { Interrupted, type Question } from '../../../../src/provision/apply/ask-hosts.ts'
import { Progress } from '../../../../src/provision/apply/progress.ts'
import { makeReport, type Report } from '../../../../src/provision/apply/report.ts'
import type { HostChange } from '../../../../src/provision/change/host-change.ts'
import type { Review } from '../../../../src/provision/change/review.ts'
import { type RolloutTools, rollOut } from '../../../../src/provision/change/rollout.ts'
import { host, planned } from '../inventories.ts'
import { surveyed } from './surveys.ts'

const REACH = { projectRoot: '/p', inventory: '/i' } as Reach
const RESTART = { kind: 'restart-router', text: '', containers: [], seconds: 1 } as const

describe('a rollout', () => {
  it('drains, changes, passes the gate and undrains, batch after batch', async () => {
    const run = new Run()
    const report = await run.rollOut([['a'], ['b', 'c']])
    expect(run.deeds).toEqual([
      'before a',
      'up a',
      'gate a b c',
      'after a',
      'done a',
      'before b',
      'before c',
      'up b,c',
      'gate b c a',
      'after b',
      'after c',
      'done b,c',
    ])
    expect(report).toMatchObject({ isComplete: true, isInterrupted: false, problems: [] })
  })

  it('notes after each hook who is drained by then: a run may be killed while the next one goes on', async () => {
    const run = new Run()
    await run.rollOut([['a'], ['b', 'c']])
    expect(run.notes).toEqual([['a'], [], ['b'], ['b', 'c'], ['c'], []])
  })

  it('stops at a gate that is not passed, with the words of the host, and leaves it drained', async () => {
    const run = new Run({ gate: 'no answer to a ping of b' })
    const report = await run.rollOut([['a'], ['b', 'c']])
    expect(run.deeds).toEqual(['before a', 'up a', 'gate a b c'])
    expect(report.problems).toEqual([{ cause: 'a: no answer to a ping of b', remedy: 'look' }])
    expect([report.isComplete, outcomes(report)]).toEqual([false, { a: 'changed', b: 'stopped', c: 'stopped' }])
    expect(run.drained).toEqual(['a'])
  })

  it('takes a host up again that was left drained, once it is well, though nothing else is to be done to it', async () => {
    const run = new Run({ asPlanned: 'a' })
    run.drained = ['a', 'elsewhere']
    await run.rollOut([['a'], ['b']])
    expect(run.deeds).toEqual([
      'up a',
      'gate a b c',
      'after a',
      'done a',
      'before b',
      'up b',
      'gate b a c',
      'after b',
      'done b',
    ])
    expect(run.drained).toEqual(['elsewhere'])
  })

  it('calls no hook of a host to which nothing is done', async () => {
    const run = new Run({ asPlanned: 'a' })
    await run.rollOut([['a', 'b']])
    expect(run.deeds).toEqual(['before b', 'up a,b', 'gate a b c', 'after b', 'done a,b'])
  })

  it('touches no host whose hook fails', async () => {
    const run = new Run({ failingHook: 'before b' })
    const report = await run.rollOut([['a'], ['b'], ['c']])
    expect(run.deeds.slice(5)).toEqual(['before b'])
    expect(outcomes(report)).toEqual({ a: 'changed', b: 'stopped', c: 'stopped' })
    expect(report.problems.map(({ cause }) => cause)).toEqual(['before b failed'])
  })

  it('begins no batch once the lock is lost', async () => {
    const run = new Run()
    const report = await run.rollOut([['a'], ['b'], ['c']], () =>
      run.deeds.includes('done a') ? { cause: 'lock lost', remedy: 'agree' } : undefined,
    )
    expect(run.deeds.at(-1)).toBe('done a')
    expect(report.problems.map(({ cause }) => cause)).toEqual(['lock lost'])
    expect(outcomes(report)).toEqual({ a: 'changed', b: 'stopped', c: 'stopped' })
  })

  it('makes hosts of later batches members first', async () => {
    const run = new Run({ isNew: 'c' })
    await run.rollOut([['a'], ['b', 'c']])
    expect(run.deeds[0]).toBe('admit c')
  })
})

describe('Ctrl-C', () => {
  it('within a hook ends the hook, and touches its host no more', async () => {
    const run = new Run({ interruptAt: 'before b' })
    const report = await run.rollOut([['a'], ['b'], ['c']])
    expect(run.deeds.slice(5)).toEqual(['before b'])
    expect([report.isInterrupted, report.isComplete]).toEqual([true, false])
    expect(run.signals).toEqual(['before b'])
  })

  it('within the gate counts what was changed', async () => {
    const run = new Run({ interruptAt: 'gate a b c' })
    const report = await run.rollOut([['a'], ['b', 'c']])
    expect(run.deeds.at(-1)).toBe('gate a b c')
    expect([report.isInterrupted, report.problems, outcomes(report)]).toEqual([
      true,
      [],
      { a: 'changed', b: 'stopped', c: 'stopped' },
    ])
  })
})

interface Events {
  readonly gate?: string
  readonly failingHook?: string
  readonly interruptAt?: string
  readonly isNew?: string
  /** Nothing is to be done to it. */
  readonly asPlanned?: string
}

/** A cluster of three hosts that are well, and all that is done to it. */
class Run {
  readonly deeds: string[] = []
  /** Hooks that were told to end. */
  readonly signals: string[] = []
  drained: readonly string[] = []
  /** Who was drained, each time that it was noted. */
  readonly notes: (readonly string[])[] = []
  readonly #events: Events
  #interrupt: () => void = () => {}
  #isInterrupted = false

  constructor(events: Events = {}) {
    this.#events = events
  }

  async rollOut(batches: readonly (readonly string[])[], obstacle: () => Problem | undefined = () => undefined) {
    return rollOut(
      {
        review: reviewOf(this.#events),
        reach: REACH,
        batches,
        provisionCommand: [],
        renderArguments: [],
        folder: '/i',
        onBatch: () => {},
        onProgress: () => {},
        onDone: hosts => this.#do(`done ${hosts.join()}`),
        drained: this.drained,
        onDrained: hosts => {
          this.drained = hosts
          this.notes.push(hosts)
        },
        obstacle,
      },
      this.#tools(),
    )
  }

  #tools(): RolloutTools {
    return {
      applyPlaybook: async ({ playbook, limit }) => {
        this.#do(`${playbook} ${limit.join()}`)
        return applied(playbook, limit)
      },
      askHosts: async (_reach, { playbook, hosts }: Question) => {
        const deed = `${playbook} ${hosts.join(' ')}`
        this.#do(deed)
        if (this.#events.interruptAt === deed) throw new Interrupted()
        const problems = this.#events.gate === undefined ? [] : [problemOf(hosts[0] ?? '', this.#events.gate)]
        return { answers: new Map(), problems: new Map(problems), notices: [] }
      },
      runHook: async (moment, { name }, { signal }) => {
        const deed = `${moment} ${name}`
        this.#do(deed)
        if (signal?.aborted === true) this.signals.push(deed)
        if (this.#events.failingHook === deed) throw new UserError({ cause: `${deed} failed`, remedy: 'mend it' })
      },
      forwardInterrupts: send => {
        this.#interrupt = () => send('SIGINT')
        return { hasHappened: () => this.#isInterrupted, stop: () => {} }
      },
    }
  }

  #do(deed: string): void {
    this.deeds.push(deed)
    if (this.#events.interruptAt !== deed) return
    this.#isInterrupted = true
    this.#interrupt()
  }
}

function problemOf(host: string, cause: string) {
  return [host, [{ cause, remedy: 'look', task: '', phase: undefined, isUnreachable: false }]] as const
}

function reviewOf({ isNew, asPlanned }: Events): Review {
  const names = ['a', 'b', 'c']
  const plan = planned(names.map(name => host(name, { hooks: { before: 'drain', after: 'drain' } })))
  const changes = names.map(
    (name): Partial<HostChange> => ({
      host: name,
      isNew: name === isNew,
      files: [],
      actions: name === asPlanned ? [] : [RESTART],
    }),
  )
  const surveys = new Map(names.map(name => [name, surveyed({})]))
  return { plan, changes, surveys } as unknown as Review
}

function applied(playbook: ApplyOptions['playbook'], limit: readonly string[]): Report {
  const facts = { command: playbook, inventory: '/i', isCheck: false, isInterrupted: false, seconds: 1, phases: [] }
  const report = makeReport(new Progress(limit), { ...facts, further: [] })
  const outcome = playbook === 'up' ? ('changed' as const) : ('ok' as const)
  return { ...report, isComplete: true, hosts: report.hosts.map(one => ({ ...one, outcome, changes: 1 })) }
}

function outcomes({ hosts }: Report): Readonly<Record<string, string>> {
  return Object.fromEntries(hosts.map(({ name, outcome }) => [name, outcome]))
}
