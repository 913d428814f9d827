import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LabDriver } from '../acceptance/lab-driver.ts'
import { eventually } from '../eventually.ts'
import { NEXT_RELEASE } from './next-release.ts'

const MINUTE = 60_000
const HOSTS = ['alpha', 'bravo', 'delta', 'relay'] as const
const CONFIG = '/etc/weave/agent-config.json'

/** A change that goes from host to host, and what comes between. Each step starts from what the one before has left. */
export function rollingThroughTrouble(lab: LabDriver): void {
  stopAndResume(lab)
  breakOff(lab)
  vanishAndReturn(lab)
  upgrade(lab)
}

function stopAndResume(lab: LabDriver): void {
  it('stops behind the canary at a gate that is not passed, and goes on when it is; a hook that fails stops it as well', async () => {
    const hook = hookIn(lab)
    const settings = join(lab.inventory, 'group_vars', 'weave.yml')
    writeFileSync(hook, hookOf(hook), { mode: 0o755 })
    const before = readFileSync(settings, 'utf8')
    appendFileSync(settings, `${wishes(hook)}weave_verify_seconds: 15\n`)
    await lab.on('alpha', ['iptables', ...'-I INPUT -i weave -p icmp --icmp-type echo-request -j DROP'.split(' ')])
    const how = ['--serial', '1', '--canary', 'relay', '--message', 'lower MTU', '--json']
    const gate = await lab.provision(['up', ...how])
    expect([gate.exitCode, gate.stderr]).toEqual([1, expect.stringMatching(/relay: no answer to a ping of alpha\b/)])
    expect(await mtusOf(lab)).toEqual({ alpha: 1376, bravo: 1376, delta: 1376, relay: 1350 })
    await lab.on('alpha', ['iptables', ...'-D INPUT -i weave -p icmp --icmp-type echo-request -j DROP'.split(' ')])
    writeFileSync(settings, `${before}${wishes(hook)}`)
    const stopped = await lab.provision(['up', '--resume', '--json'])
    expect([stopped.exitCode, stopped.stderr]).toEqual([1, expect.stringContaining("before host 'delta' ended with 1")])
    expect(await mtusOf(lab)).toEqual({ alpha: 1350, bravo: 1350, delta: 1376, relay: 1350 })
    const drained = ['alpha', 'bravo'].flatMap(host => [`before ${host}`, `after ${host}`])
    expect(hooksRun(lab)).toEqual(['before relay', 'after relay', ...drained, 'before delta'])
    writeFileSync(`${hook}.well`, '')
  })
}

function breakOff(lab: LabDriver): void {
  it('ends at Ctrl-C in the middle of a host, and may be killed there: status names what is left, and the next up takes the lock over', async () => {
    await lab.shell('delta', HOLD)
    const interrupted = lab.start(['up', '--resume'])
    const first = await awaitHeld(lab, [], interrupted)
    const end = once(interrupted, 'exit')
    interrupted.kill('SIGINT')
    expect((await end)[0]).toBe(130)
    const left = await lab.provision(['status'])
    expect([left.exitCode, left.stdout]).toEqual([1, expect.stringContaining('its end (interrupted)')])
    expect(await locks(lab)).toEqual(['free'])

    const killed = lab.start(['up', '--resume'])
    await awaitHeld(lab, first, killed)
    expect(await locks(lab)).toEqual(['held up "lower MTU"'])
    process.kill(-(killed.pid ?? 0), 'SIGKILL')
    const { stdout } = await lab.provision(['status'])
    expect(stdout).toContain('its end (running)')
    expect(stdout).toContain('An operator is at work')
  })
}

function vanishAndReturn(lab: LabDriver): void {
  it('gives a host up that vanishes in the middle; it is taken out while it is away, and comes back as who it was', async () => {
    const numbers = await numbersOf(lab)
    // As by itself, but after twelve seconds instead of a minute.
    const patience = '-o ControlMaster=auto -o ControlPersist=60s -o ServerAliveInterval=3 -o ServerAliveCountMax=4'
    const before = await waitingOnDelta(lab)
    const vanishing = lab.provision(['up', '--resume', '--json'], { ANSIBLE_SSH_ARGS: patience })
    await awaitHeld(lab, before)
    await lab.provision(['lab', 'cut', 'delta', 'right'])
    const { exitCode, stdout } = await vanishing
    const { hosts } = JSON.parse(stdout) as { hosts: { name: string; outcome: string }[] }
    expect([exitCode, hosts.find(({ name }) => name === 'delta')?.outcome]).toEqual([1, 'unreachable'])
    const status = await lab.provision(['status'])
    expect([status.exitCode, status.stdout]).toEqual([1, expect.stringMatching(/delta cannot be asked.*(failed)/s)])
    expect(await locks(lab)).toEqual(['free'])

    await done(lab, ['remove', 'delta', '--dead', '--yes'])
    await eventually(MINUTE, async () => {
      const peers: { nickname: string }[] = JSON.parse(await lab.on('alpha', ['weave', 'status', 'peers', '--json']))
      const names = peers.map(({ nickname }) => nickname).sort()
      return names.join() === 'alpha,bravo,relay' || `alpha knows ${names}`
    })
    expect((await lab.provision(['firewall'])).stdout).not.toContain('10.77.2.14')

    await lab.shell('delta', RELEASE)
    await lab.provision(['lab', 'heal', 'delta', 'right'])
    await done(lab, ['add', 'delta', '--yes'])
    expect(await numbersOf(lab)).toEqual(numbers)
    expect(await mtusOf(lab)).toEqual({ alpha: 1350, bravo: 1350, delta: 1350, relay: 1350 })
    expect(hooksRun(lab).at(-1)).toBe('after delta')
  })
}

function upgrade(lab: LabDriver): void {
  it('switches the release of a relay, and no frame of the fast path is lost', async () => {
    expect(await lab.shell('relay', NEXT_RELEASE)).toBe('1')
    for (const host of ['alpha', 'delta']) {
      await eventually(MINUTE, async () => {
        const status = await lab.on(host, ['weave', 'status'])
        return status.includes('FastPath: enabled (3 peers') || status
      })
    }
    await lab.shell('alpha', 'ping -q -i 0.01 10.2.0.3 > /run/pings 2>&1 & echo $! > /run/pinger')
    await done(lab, ['up', '--limit', 'relay'])
    const pings = await lab.shell(
      'alpha',
      'kill -INT $(cat /run/pinger); while kill -0 $(cat /run/pinger); do sleep 0.1; done 2>/dev/null; cat /run/pings',
    )
    expect(await lab.on('relay', ['weave', 'version'])).not.toContain('99.9.9')
    const [, sent, received] = /^(\d+) packets transmitted, (\d+) received/m.exec(pings) ?? []
    expect(Number(received)).toBeGreaterThan(100)
    // The last one may be on its way when ping is told to end.
    expect(Number(sent) - Number(received)).toBeLessThanOrEqual(1)
  })
}

function hookIn(lab: LabDriver): string {
  return join(lab.directory, 'hook')
}

function hooksRun(lab: LabDriver): readonly string[] {
  return readFileSync(`${hookIn(lab)}.log`, 'utf8')
    .trim()
    .split('\n')
}

/** What each host was told, when its bridge has it too. */
export async function mtusOf(lab: LabDriver): Promise<unknown> {
  const read = async (host: string) => {
    const [ofBridge = '', ...told] = (await lab.on(host, ['cat', '/sys/class/net/weave/mtu', CONFIG])).split('\n')
    const { mtu } = JSON.parse(told.join('\n')).bridge
    return [host, String(mtu) === ofBridge ? mtu : `told ${mtu}, and has ${ofBridge}`] as const
  }
  return Object.fromEntries(await Promise.all(HOSTS.map(read)))
}

async function numbersOf(lab: LabDriver): Promise<unknown> {
  const { hosts } = JSON.parse((await lab.provision(['status', '--json'])).stdout) as {
    hosts: { name: string; number: number }[]
  }
  return Object.fromEntries(hosts.map(({ name, number }) => [name, number]))
}

async function done(lab: LabDriver, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await lab.provision(args)
  if (exitCode !== 0) throw new Error(`${args.join(' ')}: exit ${exitCode}: ${stderr}`)
}

/** What there is, each once. */
async function locks(lab: LabDriver): Promise<readonly string[]> {
  const all = JSON.parse((await lab.provision(['lock', 'status', '--json'])).stdout) as Readonly<
    Record<string, { state: string; command?: string; message?: string }>
  >
  const told = Object.values(all).map(({ state, command, message }) =>
    state === 'free' ? state : `${state} ${command} "${message}"`,
  )
  return [...new Set(told)]
}

/** An `up` has come to where the router of delta is started, and waits there: one more than those that waited before. */
async function awaitHeld(lab: LabDriver, before: readonly string[], run?: ChildProcess): Promise<readonly string[]> {
  let waiting: readonly string[] = []
  await eventually(3 * MINUTE, async () => {
    waiting = await waitingOnDelta(lab)
    return waiting.some(pid => !before.includes(pid)) || `${waiting} wait; exit ${run?.exitCode}`
  })
  return waiting
}

async function waitingOnDelta(lab: LabDriver): Promise<readonly string[]> {
  const listed = await lab.shell('delta', "pgrep -f '^systemctl (re)?start weave$' || true")
  return listed.split('\n').filter(pid => pid !== '')
}

const HELD = '/etc/systemd/system/weave.service.d/held.conf'
const HOLD = `mkdir -p "$(dirname ${HELD})" && touch /run/hold && cat > ${HELD} <<'END' && systemctl daemon-reload
[Service]
TimeoutStartSec=infinity
ExecStartPre=+/bin/sh -c 'while [ -e /run/hold ]; do sleep 0.1; done'
END`
const RELEASE = `rm ${HELD} /run/hold && systemctl daemon-reload`

function wishes(hook: string): string {
  return `weave_mtu: 1350\nweave_trusted_subnets: [10.77.0.0/16]\nweave_hook_before: ${hook}\nweave_hook_after: ${hook}\n`
}

/** Notes when it is run, and lets delta pass only when there is a file. */
function hookOf(path: string): string {
  return `#!/bin/sh
echo "$1 $2" >> ${path}.log
test "$2" != delta -o -e ${path}.well
`
}
