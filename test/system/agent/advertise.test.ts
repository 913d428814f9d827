import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { AgentLab } from './agent-lab.ts'

const FORWARDED = '198.51.100.9'
const NAT = `sysctl -qw net.ipv4.ip_forward=1
iptables -t nat -A PREROUTING -d ${FORWARDED} -j DNAT --to 10.91.1.1
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,DNAT -j ACCEPT
iptables -P FORWARD DROP`

/** a – b – c. a is behind b, which forwards what comes for its address, and lets a reach nobody else by itself. */
describe('a host that is reached at an address that it does not see', () => {
  let lab: AgentLab

  beforeAll(async () => {
    lab = await AgentLab.createChain()
    for (const host of ['a', 'b', 'c']) {
      for (const folder of ['etc', 'var']) rmSync(join(lab.rootOf(host), folder), { recursive: true, force: true })
    }
    writeFileSync(join(lab.folder, 'password'), 'kw93-tessellate-orchard-pq71\n', { mode: 0o600 })
    await shell('a', 'ip route add 10.91.2.0/24 via 10.91.1.2')
    await shell('b', NAT)
    await shell('c', `ip route add ${FORWARDED} via 10.91.2.2`)
  })

  afterAll(async () => {
    for (const host of ['a', 'b', 'c']) await lab?.weave(host, 'stop')
    await lab?.dispose()
  })

  it('is dialled there by who has heard of it from others, once it says so (PEER-09)', async () => {
    await launch('b')
    await launch('a', '--advertise-address', FORWARDED, '10.91.1.2')
    await launch('c', '10.91.2.2')
    await eventually(30_000, async () => {
      const { stdout } = await lab.weave('c', 'status', 'connections')
      return /^-> +198\.51\.100\.9:6783 +established/m.test(stdout) || stdout
    })
  })

  async function launch(host: string, ...words: readonly string[]): Promise<void> {
    const how = ['launch', '--password-file', join(lab.folder, 'password')]
    expect(await lab.weave(host, ...how, ...words)).toMatchObject({ exitCode: 0, stderr: '' })
  }

  async function shell(host: string, script: string): Promise<void> {
    expect(await lab.on(host, 'sh', '-ec', script)).toMatchObject({ exitCode: 0 })
  }
})
