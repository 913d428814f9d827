import { eventually } from '../eventually.ts'
import { AgentLab } from './agent-lab.ts'

const PROGRAMS = ['router', 'data path']

describe('a router that starts again', () => {
  let lab: AgentLab
  beforeAll(async () => {
    lab = await AgentLab.create({ hosts: [{ name: 'a', shortId: 1, address: '10.91.1.1', targets: [] }], wires: [] })
  })
  afterAll(() => lab.dispose())

  it('finds both of its programs compiled, as the start before left them', async () => {
    await lab.launch('a')
    await awaitKept('this start')
    await lab.stop('a')
    await lab.launch('a')
    await awaitKept('an earlier start')
  })

  async function awaitKept(by: string): Promise<void> {
    const lines = PROGRAMS.map(program => `compiled ${program} kept for the next start by ${by}`)
    await eventually(80_000, async () => {
      const missing = lines.filter(line => !lab.log('a').includes(line))
      return missing.length === 0 || `not in the log: ${missing.join(', ')}\n${lab.log('a')}`
    })
  }
})
