import { createLogger } from '../../../../src/agent/runtime/logger.ts'
import { StrangerLog } from '../../../../src/agent/runtime/stranger-log.ts'
import type { LogLevel } from '../../../../src/core/router/index.ts'

describe('the log', () => {
  it('writes a sentence and its fields in one line', () => {
    const { log, lines } = create('info')
    log.write('info', 'link up', { peer: 2, remote: '192.0.2.1', isNew: true })
    expect(lines).toEqual([
      'time=1970-01-01T00:00:00.000Z level=info msg="link up" peer=2 remote=192.0.2.1 isNew=true\n',
    ])
  })

  it('leaves out what is below its level', () => {
    const { log, lines } = create('warn')
    for (const level of ['debug', 'info', 'warn', 'error'] as const) log.write(level, 'x')
    expect(lines).toHaveLength(2)
  })

  it('lets no value pretend to be more fields or lines', () => {
    const { log, lines } = create('info')
    log.write('info', 'x', { nickname: 'a level=error\nmsg="b"' })
    expect(lines[0]).toMatch(/nickname="a level=error\\nmsg=\\"b\\""\n$/)
    expect(lines[0]?.match(/\n/g)).toHaveLength(1)
  })
})

describe('the log of strangers', () => {
  it('is not to be filled by them, and says how many it did not mention', () => {
    const { log, lines } = create('info')
    let now = 0
    const strangers = new StrangerLog(log, () => now)
    for (let i = 0; i < 1000; i++) strangers.refused('192.0.2.66', 'no valid preface')
    expect(lines).toHaveLength(10)
    now = 10_000
    strangers.refused('192.0.2.66', 'no valid preface')
    expect(lines[10]).toContain('unmentioned=990')
  })
})

function create(level: LogLevel) {
  const lines: string[] = []
  return { lines, log: createLogger({ level, clock: () => new Date(0), output: line => void lines.push(line) }) }
}
