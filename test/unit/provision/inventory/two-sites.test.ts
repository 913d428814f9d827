import { join } from 'node:path'
import { projectRoot } from '../../../../src/cli/project-root.ts'
import { preparePlan } from '../../../../src/provision/prepare-plan.ts'
import { membersOf } from '../../../../src/provision/render/firewall.ts'

/** Runs Ansible's own program. */
const TIMEOUT_MS = 60_000

it(
  'two sites with NAT between them: who is forwarded to is dialled at the gateway, and who is not dials',
  async () => {
    const { plan } = await preparePlan({ inventoryPath: join(projectRoot(), 'inventories/two-sites') })
    const targets = Object.fromEntries(plan.hosts.map(host => [host.name, [...host.targets].sort()]))
    expect(targets.centre1).toEqual(['10.9.0.21:6783', '10.9.0.22:7002', '198.51.100.7:7002', '203.0.113.12:6783'])
    expect(targets.branch1).toEqual(['10.9.0.22:7002', '198.51.100.7:7002', '203.0.113.11:6783', '203.0.113.12:6783'])
    const { sources, ports } = membersOf(plan.clusterName, plan.hosts)
    expect(sources).toContain('198.51.100.7/32')
    expect(ports.map(({ port }) => port)).toContain(7002)
  },
  TIMEOUT_MS,
)
