import { eventually } from '../eventually.ts'
import { AgentLab } from './agent-lab.ts'

/** Where a frame's way begins, either way. The engine may make what they call a part of their code. */
const HOP = ['#turn', '#captureBatch', '#receiveBatch']

describe('a router whose host has nothing to do', () => {
  let lab: AgentLab
  beforeAll(async () => {
    lab = await AgentLab.create({ hosts: [{ name: 'a', shortId: 1, address: '10.91.1.1', targets: [] }], wires: [] })
  })
  afterAll(() => lab.dispose())

  it('has fast code for frames before any has come', async () => {
    const [runtime = '', ...program] = lab.program
    const argv = [runtime, '--use-openssl-ca', '--trace-opt', ...program, 'launch', '--foreground']
    lab.spawn('a', argv, { name: 'a' })
    await eventually(120_000, async () => {
      const missing = HOP.filter(name => !isCompiled(lab.log('a'), name))
      return missing.length === 0 || `no fast code of ${missing.join(', ')}`
    })
  })
})

function isCompiled(log: string, name: string): boolean {
  return log.split('\n').some(line => line.includes('completed compiling') && line.includes(`JSFunction ${name} `))
}
