import type { ChildProcess } from 'node:child_process'
import { eventually } from '../eventually.ts'
import { AgentLab, closeOf } from './agent-lab.ts'

/** Sealed frames: `a` sends to `c` by way of `b`. */
describe('an established connection of TCP over the sleeve', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
    for (const host of ['a', 'b', 'c']) await lab.launch(host)
    for (const host of ['a', 'b', 'c']) await lab.awaitReachable(host)
    for (const host of ['a', 'c']) lab.addContainer(host)
  })

  afterAll(() => lab?.dispose())

  it('outlives kill -9 and restart of the relay, of either end, and an orderly stop, without a byte lost', async () => {
    const receiver = start('cc', RECEIVE, 'receiver')
    await says('receiver', 'listening')
    const sender = start('ca', SEND, 'sender')
    for (const [host, end] of [
      ['b', 'kill'],
      ['a', 'kill'],
      ['c', 'kill'],
      ['b', 'stop'],
    ] as const) {
      const before = received()
      await eventually(20_000, async () => received() > before || `nothing arrives before ${end} of ${host}`)
      await lab[end](host)
      await lab.launch(host)
      const after = received()
      await eventually(30_000, async () => received() > after || `nothing arrives after ${end} of ${host}`)
    }
    sender.kill('SIGTERM')
    await Promise.all([closeOf(sender), closeOf(receiver)])
    const [sent] = /^all \d+ sha256 [0-9a-f]{64}$/m.exec(lab.log('sender')) ?? []
    expect(sent).toBeDefined()
    expect(lab.log('receiver')).toContain(sent)
  })

  function start(host: string, program: string, name: string): ChildProcess {
    return lab.spawn(host, ['python3', '-c', program], { name })
  }

  async function says(name: string, word: string): Promise<void> {
    await eventually(10_000, async () => lab.log(name).includes(word) || `${name}: ${lab.log(name)}`)
  }

  /** Bytes that the receiver has told of. */
  function received(): number {
    return Number([...lab.log('receiver').matchAll(/^got (\d+)$/gm)].at(-1)?.[1] ?? 0)
  }
})

const RECEIVE = `import hashlib, socket
l = socket.socket(); l.bind(('10.2.3.1', 7100)); l.listen(1); print('listening', flush=True)
s, _ = l.accept(); s.settimeout(100)
digest, got, told = hashlib.sha256(), 0, 0
while True:
    block = s.recv(1 << 16)
    if not block: break
    digest.update(block); got += len(block)
    if got - told >= 1 << 17: told = got; print('got', got, flush=True)
print('all', got, 'sha256', digest.hexdigest(), flush=True)`

/** 1 MB a second until it is told to end. */
const SEND = `import hashlib, os, signal, socket, time
going = True
def end(*_):
    global going
    going = False
signal.signal(signal.SIGTERM, end)
s = socket.create_connection(('10.2.3.1', 7100), 60); s.settimeout(100)
digest, sent = hashlib.sha256(), 0
while going:
    block = os.urandom(1 << 16); digest.update(block); s.sendall(block); sent += len(block); time.sleep(1 / 16)
s.shutdown(socket.SHUT_WR); s.recv(1)
print('all', sent, 'sha256', digest.hexdigest(), flush=True)`
