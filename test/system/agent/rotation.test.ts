import { randomBytes } from 'node:crypto'
import { HOST_PATHS } from '../../../src/contract/host-paths.ts'
import { eventually } from '../eventually.ts'
import { AgentLab } from './agent-lab.ts'

/** As the hosts hold them on the way, the one that is shown first: at each step one host is a step behind the other, or none is. */
const STEPS = [
  ['old', 'old new'],
  ['old new', 'old new'],
  ['old new', 'new old'],
  ['new old', 'old new'],
  ['new old', 'new old'],
  ['new old', 'new'],
] as const

describe('a change of the admission key', () => {
  let lab: AgentLab
  const keys: Readonly<Record<string, string>> = {
    old: randomBytes(32).toString('hex'),
    new: randomBytes(32).toString('hex'),
  }

  beforeAll(async () => {
    lab = await AgentLab.create({
      name: '8',
      hosts: [
        { name: 'a', shortId: 1, address: '10.91.8.1', targets: ['10.91.8.2'] },
        { name: 'b', shortId: 2, address: '10.91.8.2', targets: [] },
      ],
      wires: [['a 10.91.8.1/24', 'b 10.91.8.2/24']],
    })
    await hold('b', 'old')
    await lab.launch('b')
  })

  afterAll(() => lab?.dispose())

  it.each(STEPS)(
    'lets a host with %s, which has just started, and one with %s, which has run all the while, reach each other',
    async (ofA, ofB) => {
      await hold('b', ofB)
      await readAgain('b')
      await hold('a', ofA)
      await lab.launch('a')
      await lab.awaitReachable('a')
      await lab.kill('a')
    },
  )

  it('keeps out who has the old key alone, once it is dropped', async () => {
    await hold('b', 'new')
    await readAgain('b')
    await hold('a', 'old')
    await lab.launch('a')
    await eventually(15_000, async () => {
      const { stdout } = await lab.weave('b', 'events')
      return /connection refused.*no valid preface/.test(stdout) || stdout
    })
    const { stdout } = await lab.weave('a', 'status', 'connections')
    expect(stdout).not.toContain('established')
  })

  async function hold(host: string, names: string): Promise<void> {
    const lines = names.split(' ').map(name => `${keys[name]}\n`)
    await lab.provide(host, HOST_PATHS.admissionKey, lines.join(''))
  }

  async function readAgain(host: string): Promise<void> {
    const count = () => lab.log(host).split('configuration read again').length
    const before = count()
    lab.signal(host, 'SIGHUP')
    await eventually(5_000, async () => count() > before || `${host} has not read its configuration again`)
  }
})
