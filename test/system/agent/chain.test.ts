import { AgentLab } from './agent-lab.ts'

describe('three routers in a chain', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
    for (const host of ['a', 'b', 'c']) await lab.launch(host)
    for (const host of ['a', 'b', 'c']) await lab.awaitReachable(host)
  }, 60_000)

  afterAll(() => lab?.dispose(), 30_000)

  it('reach each other, through the one between', async () => {
    const ping = await lab.on('a', 'ping', '-c', '3', '-i', '0.2', '-W', '2', '10.2.0.3')
    expect(ping).toMatchObject({ exitCode: 0 })
  }, 20_000)
})
