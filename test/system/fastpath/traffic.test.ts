import { ALL } from '../../../src/agent/fastpath/map-values.ts'
import { FastPathLab, macOf, settled } from './fast-path-lab.ts'
import { SEND_FRAMES } from './frame-scripts.ts'

const HOSTS = 5
/** The links of hosts 1, 2 and 3 are of IPv4, those of 3, 4 and 5 of IPv6. */
const IPV6_FROM = 3
const FRAMES = 200
const TAG_BYTES = 4

describe('what the fast path counts, on five hosts in a row', () => {
  let lab: FastPathLab

  beforeAll(async () => {
    lab = await FastPathLab.create(HOSTS, IPV6_FROM)
    await lab.applyAll()
  })

  afterAll(() => lab?.dispose())

  it.each([
    [1, 2, 5, 'ff:ff:ff:ff:ff:ff'],
    [1, 2, 5, macOf(5)],
    [5, 4, 1, macOf(1)],
  ])(
    'is the same for what host %i sends by way of host %i to %i, for %s, at either end and at the relay',
    async (host, relay, to, mac) => {
      // So that all know each other, and frames for one are no floods.
      await lab.in(lab.container(host), 'ping', '-c', '2', '-i', '0.1', '-W', '2', `10.2.0.${to}`)
      const before = await settled(() => look(host, relay, to))
      await lab.in(lab.container(host), 'python3', '-c', SEND_FRAMES, '11', String(FRAMES), mac, macOf(host))
      const after = await settled(() => look(host, relay, to))
      const gained = Object.fromEntries(Object.entries(after).map(([name, by]) => [name, by - (before[name] ?? 0)]))
      const { flooded = 0, sent = 0, bytes = 0 } = gained
      expect(mac.startsWith('ff') ? flooded : sent).toBeGreaterThanOrEqual(FRAMES)
      expect(gained).toMatchObject({ relayed: flooded + sent, received: flooded + sent, bytesReceived: bytes })
      // On the wire a frame has its tag with it.
      expect(gained.bytesRelayed).toBeGreaterThanOrEqual(bytes)
      expect(gained.bytesRelayed).toBeLessThanOrEqual(bytes + TAG_BYTES * FRAMES)
    },
  )

  async function look(host: number, relay: number, to: number): Promise<Readonly<Record<string, number>>> {
    const [ofPeer, ofAll] = await Promise.all([to, ALL].map(peer => lab.ask(host, { kind: 'traffic', peer })))
    const atRelay = await lab.ask(relay, { kind: 'traffic', peer: host })
    const atEnd = await lab.ask(to, { kind: 'traffic', peer: host })
    return {
      sent: Number(ofPeer?.framesSent),
      flooded: Number(ofAll?.framesSent),
      bytes: Number(ofPeer?.bytesSent) + Number(ofAll?.bytesSent),
      relayed: Number(atRelay.framesRelayed),
      bytesRelayed: Number(atRelay.bytesRelayed),
      received: Number(atEnd.framesReceived),
      bytesReceived: Number(atEnd.bytesReceived),
    }
  }
})
