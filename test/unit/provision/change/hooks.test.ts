import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runHook } from '../../../../src/provision/change/hooks.ts'
import { host, planned } from '../inventories.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hooks-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function hostWith(hooks: { before?: string; after?: string }) {
  const [found] = planned([host('a', { hooks, underlayAddresses: ['192.0.2.7'] })]).hosts
  if (found === undefined) throw new Error('no host')
  return found
}

function script(body: string): string {
  writeFileSync(join(folder, 'drain'), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return './drain'
}

it('a hook is told the moment, the host and its addresses', async () => {
  const before = script('echo "$1 $2 $WEAVE_ADDRESS $WEAVE_BRIDGE_ADDRESS" > "$(dirname "$0")/said"')
  await runHook('before', hostWith({ before }), { folder })
  expect(readFileSync(join(folder, 'said'), 'utf8')).toBe('before a 192.0.2.7 10.2.0.1/16\n')
})

it('a host without a hook needs none', async () => {
  await expect(runHook('after', hostWith({ before: './none' }), { folder })).resolves.toBeUndefined()
})

it('a hook that fails is quoted', async () => {
  const before = script('echo "agent has tasks" >&2; exit 3')
  await expect(runHook('before', hostWith({ before }), { folder })).rejects.toThrow(
    /before host 'a' ended with 3: agent has tasks/,
  )
})

it('a hook that cannot be run is named with its variable', async () => {
  await expect(runHook('after', hostWith({ after: './none' }), { folder })).rejects.toThrow(
    /weave_hook_after of host 'a'/,
  )
})

it('a hook is ended by Ctrl-C', async () => {
  const cancel = new AbortController()
  const before = script('exec sleep 60')
  const run = runHook('before', hostWith({ before }), { folder, signal: cancel.signal })
  cancel.abort()
  await expect(run).rejects.toThrow("before host 'a' was interrupted")
})
