import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { AgentLab, closeOf, type LabPlan } from './agent-lab.ts'

const JUMPS = ['-A FORWARD -j WEAVE-EXPOSE', '-A INPUT -j WEAVE-INPUT']
const JUMPS_OF_IPV4 = [...JUMPS, '-A POSTROUTING -j WEAVE']

/** Host `a` stands before `o`, which is no member: what is outside of the overlay. */
const PLAN: LabPlan = {
  hosts: [
    { name: 'a', shortId: 1, address: '10.91.1.1', targets: ['10.91.1.2'] },
    { name: 'b', shortId: 2, address: '10.91.1.2', targets: [] },
    { name: 'o', shortId: 3, address: '10.91.3.3', targets: [] },
  ],
  wires: [
    ['a 10.91.1.1/24', 'b 10.91.1.2/24'],
    ['a 10.91.3.1/24', 'o 10.91.3.3/24'],
  ],
}

describe('the rules of a host', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.create(PLAN)
    // As Docker leaves it: what nobody lets through is dropped.
    for (const program of ['iptables', 'ip6tables']) await must('a', program, '-P', 'FORWARD', 'DROP')
    await must('a', 'sysctl', '-qw', 'net.ipv4.ip_forward=1')
    for (const host of ['a', 'b']) await lab.launch(host)
    await eventually(15_000, async () => {
      const { stdout } = await lab.weave('a', 'status', 'connections')
      return stdout.includes('established') || stdout
    })
    for (const host of ['a', 'b']) lab.addContainer(host)
    for (const container of ['ca', 'cb']) {
      await must(container, 'ip', 'route', 'add', 'default', 'via', '10.2.0.1')
    }
    await must('a', 'ip', 'address', 'delete', '10.2.0.1/16', 'dev', 'weave')
    expect(await lab.weave('a', 'expose', '10.2.0.1/16')).toMatchObject({ exitCode: 0 })
  })

  afterAll(() => lab?.dispose())

  it.each(['ca', 'cb'])(
    'let %s out under the address of the host, though FORWARD drops by default (FW-01, FW-02)',
    async container => {
      expect(await sourceOfPing('o', () => reaches(container, '10.91.3.3'))).toBe('10.91.3.1')
    },
  )

  it('leave the source as it is within the overlay, so that nothing goes in circles', async () => {
    expect(await sourceOfPing('ca', () => reaches('cb', '10.2.1.1'))).toBe('10.2.2.1')
  })

  it('let IPv6 pass within the overlay, though FORWARD drops that, too, where bridged frames come by there', async () => {
    await reaches('cb', 'fd02::1')
    expect((await lab.on('a', 'ip6tables', '-L', 'WEAVE-EXPOSE', '-nvx')).stdout).toMatch(/ACCEPT .* weave +weave /)
  })

  it('come back, each once, when another program flushes all rules under a running agent (FW-06, FW-08)', async () => {
    await must('a', 'iptables', '-N', 'OTHERS')
    await must('a', 'nft', 'flush', 'ruleset')
    expect((await lab.on('a', 'iptables-save')).stdout).not.toContain('OTHERS')
    await eventually(45_000, async () => (await jumps('ip6tables-save')).length > 0 || 'not put back')
    expect(await jumps('iptables-save')).toEqual(JUMPS_OF_IPV4)
    expect(await jumps('ip6tables-save')).toEqual(JUMPS)
    await must('a', 'iptables', '-P', 'FORWARD', 'DROP')
    await reaches('cb', '10.91.3.3')
  })

  it('are those of IPv4 where the host refuses those of IPv6, and the host is told', async () => {
    const folder = join(lab.folder, 'refusing')
    mkdirSync(folder)
    writeFileSync(join(folder, 'ip6tables-restore'), '#!/bin/sh\ncat >/dev/null\necho no such table >&2\nexit 1\n', {
      mode: 0o755,
    })
    const path = `PATH=${folder}:${process.env.PATH}`
    await must('a', 'iptables', '-F', 'WEAVE-EXPOSE')
    const { exitCode, stderr } = await lab.on('a', 'env', path, ...lab.program, 'expose', '10.2.0.9/16')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringMatching(REFUSED) })
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect((await lab.on('a', 'iptables', '-S', 'WEAVE-EXPOSE')).stdout).toContain('-s 10.2.0.0/16 -i weave -j ACCEPT')
  })

  it('are found by a router that starts again without a listing, which it asks for once a jump is gone or has a condition (FW-06)', async () => {
    const folder = join(lab.folder, 'noting')
    const calls = join(folder, 'calls')
    mkdirSync(folder)
    writeFileSync(calls, '')
    for (const program of ['iptables-save', 'ip6tables-save']) {
      const script = `#!/bin/sh\necho ${program} >>${calls}\nPATH=\${PATH#*:} exec ${program} "$@"\n`
      writeFileSync(join(folder, program), script, { mode: 0o755 })
    }
    await lab.stop('a')
    for (const program of ['iptables', 'ip6tables']) await must('a', program, '-F', 'WEAVE-EXPOSE')
    await lab.launch('a', { PATH: `${folder}:${process.env.PATH}` })
    await eventually(15_000, async () => {
      const { stdout } = await lab.on('a', 'ip6tables', '-S', 'WEAVE-EXPOSE')
      return stdout.includes('-j ACCEPT') || stdout
    })
    expect(readFileSync(calls, 'utf8')).toBe('')
    expect(await jumps('iptables-save')).toEqual(JUMPS_OF_IPV4)
    expect(await jumps('ip6tables-save')).toEqual(JUMPS)

    const conditional = ['INPUT', '-i', 'lo', '-j', 'WEAVE-INPUT']
    await must('a', 'iptables', '-I', ...conditional)
    await must('a', 'iptables', '-D', 'INPUT', '-j', 'WEAVE-INPUT')
    await must('a', 'ip6tables', '-D', 'FORWARD', '-j', 'WEAVE-EXPOSE')
    await eventually(45_000, async () => (await jumps('ip6tables-save')).length === JUMPS.length || 'not put back')
    expect(await jumps('ip6tables-save')).toEqual(JUMPS)
    await must('a', 'iptables', '-D', ...conditional)
    expect(await jumps('iptables-save')).toEqual(JUMPS_OF_IPV4)
    expect(readFileSync(calls, 'utf8')).toContain('iptables-save\nip6tables-save\n')
  })

  it('are looked for by a router that answers while the program which it asks hangs, and put back once that has ended (FW-06)', async () => {
    const folder = join(lab.folder, 'hanging')
    const pid = join(folder, 'pid')
    mkdirSync(folder)
    const once = `#!/bin/sh\n[ -s ${pid} ] && PATH=\${PATH#*:} exec iptables-save "$@"\necho $$ >${pid}\nexec sleep 600\n`
    writeFileSync(join(folder, 'iptables-save'), once, { mode: 0o755 })
    await lab.stop('a')
    const router = await lab.launch('a', { PATH: `${folder}:${process.env.PATH}` })
    await must('a', 'iptables', '-D', 'INPUT', '-j', 'WEAVE-INPUT')
    await eventually(45_000, async () => (existsSync(pid) && readFileSync(pid, 'utf8') !== '') || 'not asked')
    expect(await lab.weave('a', 'status')).toMatchObject({ exitCode: 0, stderr: '' })
    process.kill(Number(readFileSync(pid, 'utf8')))
    await eventually(45_000, async () => (await jumps('iptables-save')).length === 3 || 'not put back')
    expect(await jumps('iptables-save')).toEqual(JUMPS_OF_IPV4)
    expect(router.exitCode).toBeNull()
  })

  /** Who is seen to ping `host` while `act` does its work. */
  async function sourceOfPing(host: string, act: () => Promise<void>): Promise<string> {
    const name = `listener ${performance.now()}`
    const listener = lab.spawn(host, ['python3', '-c', SOURCE_OF_PING], { name })
    await eventually(10_000, async () => lab.log(name).includes('listening') || 'not listening')
    await act()
    await closeOf(listener)
    return lab.log(name).replace('listening\n', '').trim()
  }

  async function reaches(container: string, address: string): Promise<void> {
    await eventually(10_000, async () => {
      const { exitCode, stdout } = await lab.on(container, 'ping', '-c', '1', '-W', '1', address)
      return exitCode === 0 || stdout
    })
  }

  /** In all tables, those to chains of ours. */
  async function jumps(program: string): Promise<readonly string[]> {
    const { stdout } = await lab.on('a', program)
    return stdout
      .split('\n')
      .filter(line => / -j WEAVE/.test(line))
      .sort()
  }

  async function must(host: string, ...argv: string[]): Promise<void> {
    expect(await lab.on(host, ...argv)).toMatchObject({ exitCode: 0 })
  }
})

const REFUSED =
  /^warning: rules for IPv6 are lacking, those of IPv4 are set: 'ip6tables-restore .*' failed: no such table$/m

/** Of the first ping that comes. */
const SOURCE_OF_PING = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP); s.settimeout(60)
print('listening', flush=True)
while True:
    packet, sender = s.recvfrom(2000)
    if packet[20] == 8: print(sender[0], flush=True); break`
