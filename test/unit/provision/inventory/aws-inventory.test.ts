import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../../../src/cli/project-root.ts'
import { readInventory } from '../../../../src/provision/inventory/read-inventory.ts'
import { preparePlan } from '../../../../src/provision/prepare-plan.ts'

const INVENTORY = join(projectRoot(), 'inventories/aws/weave.aws_ec2.yml')
/** Where scripts/setup-debian.sh unpacks the collection; a machine with the package `ansible` has it anyway. */
const COLLECTIONS = [join(projectRoot(), 'dist/tools/ansible/usr/lib/python3/dist-packages')]
const ANSWERS = join(projectRoot(), 'test/unit/provision/inventory/aws')
const TIMEOUT_MS = 60_000

/** The real plugin and the real boto3; only the API's answers are from files, written by hand as its reference documents them. */
describe('instances of EC2, found by amazon.aws', () => {
  const former = { ...process.env }
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weave-aws-'))
    const paths = COLLECTIONS.filter(path => existsSync(path))
    Object.assign(process.env, {
      ...(paths.length > 0 ? { ANSIBLE_COLLECTIONS_PATH: paths.join(':') } : {}),
      PYTHONPATH: ANSWERS,
      PYTHONDONTWRITEBYTECODE: '1',
      RECORDED_REQUESTS: join(folder, 'requests'),
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'none',
      AWS_EC2_METADATA_DISABLED: 'true',
    })
  })

  afterAll(() => {
    for (const name of Object.keys(process.env)) if (!(name in former)) delete process.env[name]
    Object.assign(process.env, former)
    rmSync(folder, { recursive: true })
  })

  it(
    'become hosts of the overlay under names that outlive their addresses, by their private addresses',
    async () => {
      const { plan } = await preparePlan({ inventoryPath: INVENTORY })
      expect(plan.group).toBe('weave')
      expect(plan.hosts.map(({ name, underlayAddresses }) => [name, ...underlayAddresses]).sort()).toEqual([
        ['i-0000000000000000c', '172.31.1.13'],
        ['mesos-agent-1', '172.31.1.12'],
        ['mesos-master-1', '172.31.1.11'],
      ])
      const requests = readFileSync(join(folder, 'requests'), 'utf8').trim().split('\n')
      expect(requests).toHaveLength(2)
      expect(requests[0]).toMatch(/Action=DescribeInstances&.*running.*tag%3ACluster.*weave/)
      expect(requests[1]).toContain('NextToken=second')
    },
    TIMEOUT_MS,
  )

  it(
    'are reached from outside where they have a public address, and are grouped by their roles',
    async () => {
      const { hostVariables, groups } = await readInventory(INVENTORY, { vaultPasswordFile: undefined })
      const reached = Object.entries(hostVariables).map(([name, variables]) => [name, variables.ansible_host])
      expect(Object.fromEntries(reached)).toEqual({
        'i-0000000000000000c': '172.31.1.13',
        'mesos-agent-1': '172.31.1.12',
        'mesos-master-1': '203.0.113.10',
      })
      expect(JSON.stringify(groups)).toContain('role_mesos_agent')
    },
    TIMEOUT_MS,
  )
})
