import { DatagramKind, HEADER_BYTES, writeHeader } from '../../src/core/wire/datagram.ts'
import { Trace } from './trace.ts'

const HEADER = { source: 1, destination: 2, sourceKeyId: 0, destinationKeyId: 0, counter: 0 }

describe('the trace of a run', () => {
  it.each(Object.entries(DatagramKind))('draws a datagram that is a %s as one', (name, kind) => {
    const bytes = new Uint8Array(HEADER_BYTES)
    writeHeader(bytes, 0, { ...HEADER, kind })
    expect(drawn(bytes)).toBe(`    a-->>b: 5.0 ms ${name} 1 to 2`)
  })

  it('draws what it cannot read by its size', () => {
    expect(drawn(new Uint8Array(3))).toBe('    a-->>b: 5.0 ms 3 bytes')
  })

  it('keeps the last messages', () => {
    const trace = new Trace()
    for (let at = 0; at < 100; at++) trace.note({ at, from: 'a', to: 'b', way: 'datagram', bytes: new Uint8Array(3) })
    const [, ...lines] = trace.draw().split('\n')
    expect(lines).toHaveLength(60)
    expect(lines.at(-1)).toContain(': 99.0 ms ')
  })
})

function drawn(bytes: Uint8Array): string | undefined {
  const trace = new Trace()
  trace.note({ at: 5, from: 'a', to: 'b', way: 'datagram', bytes })
  return trace.draw().split('\n').at(-1)
}
