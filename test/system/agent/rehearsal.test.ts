import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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
    // Into a file, of which each thread appends whole lines: on its output threads write in between each other's words.
    const trace = join(lab.folder, 'trace')
    const tracing = ['--trace-opt', '--redirect-code-traces', `--redirect-code-traces-to=${trace}`]
    const argv = [runtime, '--use-openssl-ca', ...tracing, ...program, 'launch', '--foreground']
    lab.spawn('a', argv, { name: 'a' })
    await eventually(120_000, async () => {
      const lines = existsSync(trace) ? readFileSync(trace, 'utf8').split('\n') : []
      const missing = HOP.filter(name => !lines.some(line => isCompiled(line, name)))
      return missing.length === 0 || `no fast code of ${missing.join(', ')}`
    })
  })
})

function isCompiled(line: string, name: string): boolean {
  return line.startsWith('[completed compiling') && line.includes(`JSFunction ${name} `)
}
