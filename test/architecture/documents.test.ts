import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { PROJECT_ROOT, type ProjectFile, projectFiles } from './project-files.ts'
import { type Finding, report } from './syntax.ts'

const documents = projectFiles().filter(file => file.path.endsWith('.md'))
const LINK = /\[[^\]]*\]\(([^)\s#]+)(#[^)\s]*)?\)/g

describe('documents', () => {
  it('each link within the project leads somewhere', () => {
    expect(report(documents.flatMap(brokenLinks))).toEqual([])
  })

  it('each module of the architecture’s table of imports is one that the test knows', () => {
    const page = documents.find(file => file.path === 'docs/architecture.md')?.text ?? ''
    for (const folder of ['base', 'contract', 'core/router', 'agent', 'lab', 'cli']) {
      expect(page).toContain(`\`${folder}\``)
    }
  })
})

describe('the checker of links', () => {
  it('finds a link that leads nowhere, with its line', () => {
    const found = brokenLinks({ path: 'docs/a.md', text: 'see\n[there](../README.md) and [nowhere](gone.md#part)' })
    expect(report(found)).toEqual(['docs/a.md:2: leads nowhere: gone.md'])
  })

  it('leaves addresses of other sites alone', () => {
    expect(brokenLinks({ path: 'a.md', text: '[a](https://example.org/a.md) [b](#here)' })).toEqual([])
  })
})

function brokenLinks(file: ProjectFile): readonly Finding[] {
  return file.text.split('\n').flatMap((text, i) =>
    [...text.matchAll(LINK)]
      .map(match => match[1] ?? '')
      .filter(target => !/^[a-z]+:/.test(target))
      .filter(target => !existsSync(posix.join(PROJECT_ROOT, posix.dirname(file.path), target)))
      .map(target => ({ path: file.path, line: i + 1, what: `leads nowhere: ${target}` })),
  )
}
