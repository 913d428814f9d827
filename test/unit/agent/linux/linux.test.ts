import { mkdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { findInitSystem } from '../../../../src/agent/linux/init-system.ts'
import { attribute, nested, word } from '../../../../src/agent/linux/netlink.ts'
import { findDevice, parseLink } from '../../../../src/agent/linux/network-device.ts'
import { parseHolder } from '../../../../src/agent/linux/port-holder.ts'
import { runAside } from '../../../../src/agent/linux/run-aside.ts'
import { type Argv, runCommand } from '../../../../src/agent/linux/run-command.ts'
import { createServiceNotifier, unixAddress } from '../../../../src/agent/linux/service-notifier.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe.each<[string, (argv: Argv, limitMs?: number) => Promise<string>]>([
  ['is waited for', async (argv, limitMs) => runCommand(argv, limitMs)],
  ['runs aside', (argv, limitMs) => runAside(argv, limitMs === undefined ? {} : { limitMs })],
])('a program that %s', (_, run) => {
  it('gives what it prints', async () => {
    expect(await run(['sh', '-c', 'echo yes; echo no >&2'])).toBe('yes\n')
  })

  it('is told of by its own words when it fails', async () => {
    const fail = ['sh', '-c', 'echo no such table >&2; exit 1'] as const
    await expect(run(fail)).rejects.toThrow(/^'sh .*' failed: no such table$/)
  })

  it('to be found is said to be missing', async () => {
    await expect(run(['weave-no-such-program'])).rejects.toThrow("'weave-no-such-program' could not be run: ENOENT")
  })

  it('gives more than a megabyte', async () => {
    expect(await run(['head', '-c', '3000000', '/dev/zero'])).toHaveLength(3_000_000)
  })

  it('and prints without an end is ended, and told of by that', async () => {
    const [cause, remedy] = ["'yes' printed more than 64 MB, and was ended", expect.stringContaining('by hand')]
    await expect(run(['yes'])).rejects.toMatchObject({ problems: [{ cause, remedy }] })
  })

  it('and that nobody may run is not said to be missing', async () => {
    const remedy = expect.stringMatching(/^let root run '.*package.json'/)
    await expect(run([resolve('package.json')])).rejects.toMatchObject({ problems: [{ remedy }] })
  })

  it('and hangs is killed, and told of with what to do', async () => {
    const [cause, remedy] = [
      "'sleep 600' has not ended within 0.05 s, and was killed",
      expect.stringContaining('by hand'),
    ]
    await expect(run(['sleep', '600'], 50)).rejects.toMatchObject({ problems: [{ cause, remedy }] })
  })
})

describe('a program that runs aside', () => {
  const folder = useTemporaryFolder()

  it('has its input, and says itself what is wrong when it has not read it', async () => {
    expect(await runAside(['cat'], { input: 'text' })).toBe('text')
    const input = 'x'.repeat(1 << 20)
    const fail = ['sh', '-c', 'echo no such table >&2; exit 1'] as const
    await expect(runAside(fail, { input })).rejects.toThrow(/^'sh .*' failed: no such table$/)
  })

  it('keeps nobody waiting', async () => {
    const fifo = join(folder(), 'fifo')
    await runAside(['mkfifo', fifo])
    const reading = runAside(['cat', fifo])
    await writeFile(fifo, 'heard')
    expect(await reading).toBe('heard')
  })
})

describe('what the kernel says of a device', () => {
  it('is read with its kind and its bridge', () => {
    const head = Buffer.alloc(16)
    head.writeUInt32LE(1, 8)
    const answer = Buffer.concat([
      head,
      attribute(1, Buffer.from('020000000001', 'hex')),
      attribute(4, word(1376)),
      attribute(10, word(7)),
      nested(18, [attribute(1, Buffer.from('tun\0'))]),
    ])
    expect(parseLink(answer, index => `device${index}`)).toEqual({
      mac: '02:00:00:00:00:01',
      mtu: 1376,
      isUp: true,
      kind: 'tun',
      master: 'device7',
    })
  })

  it('is asked of the kernel of this machine, and may be nothing', () => {
    expect(findDevice('lo')).toMatchObject({ mtu: 65_536, kind: undefined, master: undefined })
    expect(findDevice('nosuchdevice')).toBeUndefined()
    expect(findDevice('a-name-that-no-device-can-have')).toBeUndefined()
  })
})

describe('what ss(8) shows of a port', () => {
  it('names the process that holds it', () => {
    const line = 'LISTEN 0 32 0.0.0.0:6783 0.0.0.0:* users:(("dnsmasq",pid=712,fd=4),("dnsmasq",pid=713,fd=4))'
    expect(parseHolder(line)).toBe('dnsmasq (pid 712)')
    expect(parseHolder('LISTEN 0 32 0.0.0.0:6783 0.0.0.0:*')).toBeUndefined()
  })
})

describe('the service manager', () => {
  it('is reached at a path, or at an abstract name', () => {
    expect(Buffer.from(unixAddress('/run/x')).toString('latin1')).toBe('\x01\x00/run/x')
    expect(Buffer.from(unixAddress('@x')).toString('latin1')).toBe('\x01\x00\x00x')
    expect(() => unixAddress(`/${'x'.repeat(200)}`)).toThrow('ENAMETOOLONG')
  })

  it('is not told anything when it has not asked', () => {
    const notifier = createServiceNotifier({})
    expect(() => notifier.notify('READY=1')).not.toThrow()
    expect(notifier.watchdogMs).toBeUndefined()
  })

  it('is fed twice within the time of its watchdog', () => {
    const environment = { NOTIFY_SOCKET: '@nobody', WATCHDOG_USEC: '4000000' }
    expect(createServiceNotifier(environment).watchdogMs).toBe(2000)
    expect(createServiceNotifier({ ...environment, WATCHDOG_PID: '1' }).watchdogMs).toBeUndefined()
  })
})

describe('the init system', () => {
  const folder = useTemporaryFolder()

  it.each([
    ['systemd', ['run/systemd/system/x', 'etc/systemd/system/weave.service'], 'systemctl start weave.service'],
    ['upstart', ['sbin/initctl', 'etc/init/weave.conf'], 'initctl start weave'],
    ['sysvinit', ['etc/init.d/weave'], '/etc/init.d/weave start'],
  ])('is %s where its files are', (name, files, command) => {
    for (const file of files) touch(join(folder(), file))
    const system = findInitSystem(folder())
    expect(system?.name).toBe(name)
    expect(system?.command('start').join(' ')).toBe(command)
  })

  it('is none where the router is not installed', () => {
    touch(join(folder(), 'run/systemd/system/x'))
    expect(findInitSystem(folder())).toBeUndefined()
  })
})

function touch(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '')
}
