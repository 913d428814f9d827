import { ipv4Key } from '../../../../src/core/forwarding/endpoint-key.ts'
import { Probes } from '../../../../src/core/forwarding/probes.ts'
import { HEADER_BYTES } from '../../../../src/core/wire/datagram.ts'
import { type Probe, writeProbe } from '../../../../src/core/wire/probe.ts'

const PEER = 2
const THERE = ipv4Key(0x0a_01_02_03, 6783)

describe('probes', () => {
  it('answers a question where it came from, and says that it came', () => {
    const { hear, sent, told } = desk()
    hear({ sequence: 7, isReply: false }, 5)
    expect(sent).toEqual([{ peer: PEER, to: THERE, probe: { sequence: 7, isReply: true } }])
    expect(told).toEqual([{ sequence: 7, isReply: false, roundTripMs: undefined }])
  })

  it('takes the time of an answer to a question of this router, once', () => {
    const { probes, hear, told } = desk()
    probes.send(PEER, { to: THERE, probe: { sequence: 7, isReply: false } }, 100)
    hear({ sequence: 7, isReply: true }, 103)
    hear({ sequence: 7, isReply: true }, 104)
    expect(told.map(({ roundTripMs }) => roundTripMs)).toEqual([3, undefined])
  })

  it('remembers a bounded number of questions, the latest', () => {
    const { probes, hear, told } = desk()
    const ask = (sequence: number) => probes.send(PEER, { to: THERE, probe: { sequence, isReply: false } }, sequence)
    for (let sequence = 0; sequence < 2_000; sequence++) ask(sequence)
    hear({ sequence: 0, isReply: true }, 2_000)
    hear({ sequence: 1_999, isReply: true }, 2_000)
    expect(told.map(({ roundTripMs }) => roundTripMs)).toEqual([undefined, 1])
  })
})

function desk() {
  const memory = new Uint8Array(256)
  const sent: unknown[] = []
  const told: (Probe & { readonly roundTripMs: number | undefined })[] = []
  const sender = {
    probe(peer: number, to: number, probe: Probe): boolean {
      sent.push({ peer, to, probe })
      return true
    },
  }
  const probes = new Probes(memory, sender, {
    probed: (_, { probe, roundTripMs }) => told.push({ ...probe, roundTripMs }),
  })
  const hear = (probe: Probe, now: number) => {
    writeProbe(memory, HEADER_BYTES, probe)
    probes.heard(PEER, { at: 0, length: 64, from: THERE }, now)
  }
  return { probes, hear, sent, told }
}
