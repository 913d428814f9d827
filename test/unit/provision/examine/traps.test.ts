import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../../src/cli/project-root.ts'

/** Every word that `doctor` may say, from the text of its checks. */
function words(): readonly string[] {
  const text = textsOf('src/provision/examine')
  const written = [...text.matchAll(/\babout: '([a-z-]+)'/g)].map(([, word]) => word ?? '')
  return [
    ...new Set([...written, 'docker-user', 'forward-drop', 'blocked-6783-tcp', 'blocked-6783-udp', 'blocked-6784-udp']),
  ]
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
