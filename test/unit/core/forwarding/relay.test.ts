import { createHash } from 'node:crypto'
import { noCounts } from '../../../../src/core/forwarding/forwarder-counters.ts'
import { Relay } from '../../../../src/core/forwarding/relay.ts'
import { EndpointKeys } from '../../../../src/core/router/index.ts'
import { DatagramKind, HEADER_BYTES, setHopsLeft, TAG_BYTES, writeHeader } from '../../../../src/core/wire/datagram.ts'

const keys = new EndpointKeys()
const [A, B] = [1, 2].map(number => keys.of({ ip: `10.0.0.${number}`, port: 6783 })) as [number, number]
const SELF = 9
/** As many as it remembers at least, whatever their tags are, but for one in a million. */
const REMEMBERED = 150

describe('a relay', () => {
  it('passes each datagram on once, though it comes again from another neighbour and with other hops', () => {
    const { take, counters } = relay()
    expect(take(datagramOf(1), A)).toBe(1)
    expect(take(datagramOf(1, { hops: 20 }), A)).toBe(0)
    expect(take(datagramOf(2), A)).toBe(1)
    expect(counters).toMatchObject({ relayed: 2, droppedRepeated: 1 })
  })

  it('tells probes that came before alike', () => {
    const { take } = relay()
    const probe = datagramOf(1, { kind: DatagramKind.probe })
    expect([take(probe, A), take(probe, A)]).toEqual([1, 0])
  })

  it('passes on nothing of its own that came back', () => {
    const { take, counters } = relay()
    expect(take(datagramOf(1, { source: SELF }), A)).toBe(0)
    expect(counters).toMatchObject({ relayed: 0, droppedRepeated: 1 })
  })

  it('knows a datagram again behind many others', () => {
    const { take, counters } = relay()
    for (let number = 0; number < REMEMBERED; number++) expect(take(datagramOf(number), A)).toBe(1)
    for (let number = 0; number < REMEMBERED; number++) expect(take(datagramOf(number), A)).toBe(0)
    expect(counters.droppedRepeated).toBe(REMEMBERED)
  })

  it('forgets, so that its memory does not grow', () => {
    const { take } = relay()
    for (let number = 0; number < 20_000; number++) take(datagramOf(number), A)
    expect(take(datagramOf(0), A)).toBe(1)
  })

  it('does not remember what it has not passed on', () => {
    const { take } = relay()
    expect(take(datagramOf(1, { hops: 1 }), A)).toBe(0)
    expect(take(datagramOf(1), B)).toBe(0)
    expect(take(datagramOf(1), A)).toBe(1)
  })
})

/** Leads to 2 by B. `take` says how many datagrams went out. */
function relay() {
  const memory = new Uint8Array(2_048)
  const counters = noCounts()
  let sent = 0
  const sink = { transmit: () => void sent++, transmitWhole: () => sent++ >= 0 }
  const machine = new Relay({ memory, counters, sink })
  machine.apply({ self: SELF, routes: new Map([[2, B]]), neighbours: new Set([A, B]) })
  const take = (datagram: Uint8Array, from: number) => {
    memory.set(datagram)
    sent = 0
    machine.take(0, datagram.length, from)
    machine.flush()
    return sent
  }
  return { take, counters }
}

function datagramOf(
  number: number,
  { hops = 32, source = 1, kind = DatagramKind.frame }: Partial<Record<'hops' | 'source' | 'kind', number>> = {},
): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + 50 + TAG_BYTES)
  writeHeader(bytes, 0, { kind, source, destination: 2, sourceKeyId: 1, destinationKeyId: 1, counter: number })
  setHopsLeft(bytes, 0, hops)
  bytes.set(createHash('sha256').update(`${number}`).digest().subarray(0, TAG_BYTES), bytes.length - TAG_BYTES)
  return bytes
}
