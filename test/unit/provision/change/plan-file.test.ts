import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  differencesOf,
  type PlanFile,
  readPlanFile,
  writePlanFile,
} from '../../../../src/provision/change/plan-file.ts'

const PLAN: PlanFile = {
  format: 1,
  createdAt: '2020-01-01T00:00:00.000Z',
  release: 'r1',
  limit: [],
  inventory: 'i1',
  lock: 'l1',
  hosts: [
    { host: 'a', files: [{ path: '/etc/x', kind: 'change', before: '1', after: '2' }], actions: ['restart-router'] },
  ],
}

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-file-'))
  path = join(folder, 'plan')
  writePlanFile(path, PLAN)
})

afterEach(() => rmSync(folder, { recursive: true }))

it('a plan comes back as it was, for the eyes of its owner only', () => {
  expect(readPlanFile(path)).toEqual(PLAN)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it.each([
  ['edited', (text: string) => text.replace('/etc/x', '/etc/y'), 'was edited'],
  ['cut off', (text: string) => text.slice(0, 60), 'is not a plan'],
  ['something else', () => '{"plan": {"format": 2}}', 'is not a plan'],
])('a plan that is %s is refused', (_, edit, expected) => {
  writeFileSync(path, edit(readFileSync(path, 'utf8')))
  expect(() => readPlanFile(path)).toThrow(expected)
})

it('a plan that is not there is refused', () => {
  expect(() => readPlanFile(join(folder, 'none'))).toThrow('does not exist')
})

it('the same plan may be applied whenever it was made', () => {
  expect(differencesOf(PLAN, { ...PLAN, createdAt: '2021-01-01T00:00:00.000Z' })).toEqual([])
})

it.each([
  [{ inventory: 'i2' }, 'the inventory has changed'],
  [{ lock: 'l2' }, 'the lock file has changed'],
  [{ release: 'r2' }, 'another release'],
  [{ hosts: [] }, "host 'a' needs no change any more"],
  [{ hosts: [...PLAN.hosts, { host: 'b', files: [], actions: ['start-router'] }] }, "host 'b' would be changed too"],
  [
    {
      hosts: [
        {
          host: 'a',
          files: [{ path: '/etc/x', kind: 'change', before: '3', after: '2' }],
          actions: ['restart-router'],
        },
      ],
    },
    "host 'a' differs in /etc/x",
  ],
  [{ hosts: [{ ...(PLAN.hosts[0] as PlanFile['hosts'][number]), actions: [] }] }, "host 'a' needs other actions"],
])('a stale plan says what has changed: %j', (change, expected) => {
  expect(differencesOf(PLAN, { ...PLAN, ...change }).join()).toContain(expected)
})
