import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOST_PATHS } from '../../../src/contract/host-paths.ts'
import { eventually } from '../eventually.ts'
import { AgentLab } from './agent-lab.ts'

describe('a router that a service manager has started', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
  })

  afterAll(() => lab?.dispose())

  it('tells when it is ready, how it is, that it lives, and that it stops', async () => {
    const socket = join(lab.folder, 'notify.sock')
    const livesTold = () => lab.log('manager').split('WATCHDOG=1').length - 1
    lab.spawn('b', ['python3', '-c', receive(socket)], { name: 'manager' })
    await eventually(5000, async () => lab.log('manager').includes('listening') || 'not listening')
    await lab.launch('a', { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' })
    await eventually(
      5000,
      async () => lab.log('manager').includes('STATUS=1 of 3 hosts reachable') || lab.log('manager'),
    )
    await eventually(5000, async () => livesTold() > 1 || lab.log('manager'))
    await lab.stop('a')
    await eventually(5000, async () => lab.log('manager').includes('STOPPING=1') || lab.log('manager'))
    const told = lab.log('manager').trim().split('\n').slice(1)
    expect(told[0]).toBe('READY=1')
    expect(told.at(-1)).toBe('STOPPING=1')
  })

  it('reads its configuration again once it can, when it is told to while it starts', async () => {
    const router = lab.begin('c', 'info')
    const socket = join(lab.rootOf('c'), HOST_PATHS.controlSocket)
    for (let waitedMs = 0; !existsSync(socket) && waitedMs < 10_000; waitedMs++) await sleep(1)
    lab.signal('c', 'SIGHUP')
    await eventually(5000, async () => lab.log('c').includes('configuration read again') || lab.log('c'))
    expect(lab.log('c')).toMatch(/router is ready.*configuration read again/s)
    expect([router.exitCode, router.signalCode]).toEqual([null, null])
  })
})

function receive(path: string): string {
  return `import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind('${path}'); s.settimeout(60)
print('listening', flush=True)
while True: print(s.recv(4096).decode(), flush=True)`
}
