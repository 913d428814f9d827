import fc from 'fast-check'
import { COUNTER_NAMES } from '../../../src/agent/fastpath/map-values.ts'
import { SENT_BY_US } from './frame-facts.ts'
import { bridgeCases, type Case, wireCases } from './judged-cases.ts'
import type { Judged, Verdict, World } from './judged-frame.ts'
import { JudgingLab } from './judging-lab.ts'
import { SwitchModel } from './switch-model.ts'

/** What VXLAN devices hand over is whole, and has a tunnel key or none. */
const NOT_TESTED = ['droppedShort', 'droppedUnderlay']
const RUNS = Number(process.env.WEAVE_TEST_RUNS ?? 2000)

describe('the programs of the fast path, by themselves', () => {
  let lab: JudgingLab
  const seen = new Set<string>()
  /** By which ways peers have answered. */
  const heard = new Set<string>()

  beforeAll(async () => {
    lab = await JudgingLab.create()
  })

  afterAll(() => lab?.dispose())

  it('make of any frame, in any state, what the model of them does', async () => {
    await fc.assert(fc.asyncProperty(bridgeCases, judgedAlike), { numRuns: RUNS })
  })

  it('relay on the wire what the model of them does, and leave all else to the stack as it came', async () => {
    await fc.assert(fc.asyncProperty(wireCases(lab.network.mac), judgedAlike), { numRuns: RUNS })
  })

  it('were tried with all that they count', () => {
    expect(COUNTER_NAMES.filter(name => !seen.has(name))).toEqual(NOT_TESTED)
    expect([...heard].sort()).toEqual(['in the clear', 'sealed'])
  })

  async function judgedAlike({ world, frames }: Case): Promise<void> {
    const { verdicts, memory } = await lab.judge(world, frames)
    const model = new SwitchModel(world, lab.network)
    for (const counter of verdicts.flatMap(({ counters }) => Object.keys(counters))) seen.add(counter)
    for (const [i, verdict] of verdicts.entries()) {
      const frame = frames[i] as Judged
      expect({ i, ...verdict }).toEqual({ i, ...model.judge(frame) })
      expect(troubleWith(world, frame, verdict)).toBe('')
    }
    expect(memory).toEqual(model.memory())
    if (memory.answers.length > 0) heard.add('in the clear')
    if (memory.sealed.length > 0) heard.add('sealed')
  }
})

/** What may never be, whatever the model says. */
function troubleWith(world: World, { tunnel }: Judged, { to, clones, counters }: Verdict): string {
  const known = new Set<number | string>([
    ...[...world.endpoints, ...world.hops].map(({ address }) => address),
    ...world.trees.flatMap(({ children }) => children),
    ...world.handles.map(({ address }) => address),
  ])
  const ways = [to, ...clones.map(clone => clone.to)].filter(way => way !== undefined)
  if (!ways.every(({ address }) => known.has(address))) return 'a frame goes to an address that the host does not know'
  const isAnswer = counters.probesAnswered === 1 || ((tunnel?.vni ?? 0) & SENT_BY_US) !== 0
  if (tunnel !== undefined && !isAnswer && !ways.every(({ hops }) => hops === tunnel.hops - 1))
    return 'a frame goes on with hops that it did not have'
  return ''
}
