import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import type { LabDriver } from '../acceptance/lab-driver.ts'

const MINUTE = 60_000

interface Findings {
  readonly repairs: readonly { readonly host: string; readonly deeds: readonly string[] }[]
  readonly findings: readonly { readonly host: string; readonly about: string; readonly remedy: string }[]
}

/** What is to be seen of a cluster that is up, and how it is told when something is wrong. Leaves it as it was. */
export function lookingAtCluster(lab: LabDriver): void {
  lookAtWhatIsWell(lab)
  lookAtWhatIsWrong(lab)
  gatherForSupport(lab)
}

async function doctor(lab: LabDriver, args: readonly string[] = []) {
  const outcome = await lab.provision(['doctor', '--json', ...args])
  return { exitCode: outcome.exitCode, ...(JSON.parse(outcome.stdout) as Findings) }
}

function lookAtWhatIsWell(lab: LabDriver): void {
  it(
    'status, doctor and test find nothing wrong in a cluster that is well, and every pair works by its path',
    async () => {
      const status = await lab.provision(['status', '--json', '--wait', '60'])
      expect([status.exitCode, JSON.parse(status.stdout)]).toMatchObject([0, { isWell: true }])
      const { exitCode, findings } = await doctor(lab)
      expect([exitCode, findings]).toEqual([0, []])
      const test = await lab.provision(['test', '--json'])
      const { ways } = JSON.parse(test.stdout) as { ways: { from: string; to: string; mtu: number; path: string }[] }
      expect([test.exitCode, ways.length]).toEqual([0, 12])
      expect(new Set(ways.map(({ mtu }) => mtu))).toEqual(new Set([1376]))
      // Over bravo and relay while the relay answers alpha late, as it may beside the measuring of throughput.
      expect(ways.find(({ from, to }) => from === 'alpha' && to === 'delta')?.path).toMatch(
        /^relayed by (relay|bravo)$/,
      )
    },
    2 * MINUTE,
  )
}

function lookAtWhatIsWrong(lab: LabDriver): void {
  it(
    'what is wrong on several hosts is found at once, and what hurts nobody is mended',
    async () => {
      await lab.shell('alpha', 'service weave stop; chmod 644 /etc/weave/admission.key')
      await lab.shell('bravo', 'ip address flush dev weave; touch /etc/weave/.weave-half')
      const add = 'nft add table inet t; nft "add chain inet t i { type filter hook input priority 0; }"'
      await lab.shell('delta', `${add}; nft add rule inet t i udp dport 6783 drop`)
      await lab.shell(
        'relay',
        'iptables -I INPUT -p udp --dport 6784 -j DROP; ip route add blackhole 10.2.77.0/24; ip link set weave mtu 1300',
      )
      const sick = await doctor(lab)
      const told = sick.findings.map(({ host, about }) => `${host} ${about}`)
      expect(sick.exitCode).toBe(1)
      expect(told).toEqual(
        expect.arrayContaining([
          'alpha router-down',
          'alpha secrets-readable',
          'bravo bridge-address',
          'bravo half-written',
          'bravo unreachable',
          'delta blocked-6783-udp',
          'relay blocked-6784-udp',
          'relay bridge-mtu',
          'relay overlap',
        ]),
      )
      const status = await lab.provision(['status'])
      expect([status.exitCode, status.stdout]).toEqual([1, expect.stringContaining('a file half written')])
      const { ways } = JSON.parse((await lab.provision(['test', '--json', '--seconds', '0'])).stdout) as {
        ways: { from: string; to: string; works: boolean; reason: string | null }[]
      }
      const way = ways.find(({ from, to }) => from === 'relay' && to === 'alpha')
      expect(way).toMatchObject({ works: false, reason: expect.stringContaining('its router does not run') })
      const mended = await doctor(lab, ['--fix'])
      expect(mended.repairs.map(({ host, deeds }) => `${host} ${deeds.join(' ')}`)).toEqual([
        'alpha close-secrets start-router',
        'bravo address-bridge',
        'relay resize-bridge',
      ])
      const remaining = mended.findings.map(({ about }) => about)
      for (const gone of ['router-down', 'secrets-readable', 'bridge-address', 'bridge-mtu'])
        expect(remaining).not.toContain(gone)
      await lab.shell('delta', 'nft delete table inet t')
      await lab.shell('relay', 'iptables -D INPUT -p udp --dport 6784 -j DROP; ip route delete blackhole 10.2.77.0/24')
      await lab.shell('bravo', 'rm /etc/weave/.weave-half')
      expect((await lab.provision(['status', '--wait', '60'])).exitCode).toBe(0)
    },
    3 * MINUTE,
  )
}

function gatherForSupport(lab: LabDriver): void {
  it(
    'a support bundle has what is needed to help, and no secret',
    async () => {
      const output = join(lab.directory, 'bundle.tar.gz')
      const secret = await lab.on('alpha', ['cat', '/etc/weave/admission.key'])
      await lab.shell('alpha', `logger -t weave "password=MarkerOfASecret ${secret}"`)
      expect((await lab.provision(['support-bundle', '-o', output])).exitCode).toBe(0)
      const { stdout: text } = await execa('tar', ['-xzOf', output])
      for (const told of ['host-alpha.json', 'relay', '10.2.0.1/16']) {
        const listing = (await execa('tar', ['-tzf', output])).stdout
        expect(`${listing}${text}`).toContain(told)
      }
      for (const kept of [secret, 'MarkerOfASecret', 'PRIVATE KEY']) expect(text).not.toContain(kept)
      expect(readFileSync(output).includes(secret)).toBe(false)
      const logs = await lab.provision(['logs', 'alpha', '--tail', '5', '--json'])
      expect(JSON.parse(logs.stdout)).toEqual({ host: 'alpha', lines: expect.arrayContaining([expect.any(String)]) })
      expect((await lab.provision(['shell', 'delta', '--', 'hostname'])).stdout.trim()).toBe('delta')
    },
    MINUTE,
  )
}
