import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../../src/cli/project-root.ts'
import { CONTROL_PORT, FAST_PATH_PORT, TUNNEL_PORT } from '../../../../src/contract/ports.ts'

/** Those that a check puts together. */
const COMPOSED_WORDS = [
  'docker-user',
  'forward-drop',
  ...[`${CONTROL_PORT}-tcp`, `${CONTROL_PORT}-udp`, `${FAST_PATH_PORT}-udp`, `${TUNNEL_PORT}-udp`].map(
    door => `blocked-${door}`,
  ),
]

/** Every word that `doctor` may say, from the text of its checks. */
function words(): readonly string[] {
  const text = textsOf('src/provision/examine')
  const written = [...text.matchAll(/\babout: '([a-z-]+)'/g)].map(([, word]) => word ?? '')
  return [...new Set([...written, ...COMPOSED_WORDS])]
}

function textsOf(folder: string): string {
  const path = join(projectRoot(), folder)
  return readdirSync(path)
    .map(name => readFileSync(join(path, name), 'utf8'))
    .join('\n')
}

describe('what doctor finds', () => {
  const support = readFileSync(join(projectRoot(), 'docs', 'support.md'), 'utf8')
  const tests = textsOf('test/unit/provision/examine')

  it.each(words())('%s is seeded in a test and stands in docs/support.md', word => {
    expect(support).toContain(`\`${word}\``)
    expect(tests).toContain(`'${word}'`)
  })
})
