import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../src/cli/project-root.ts'

/** They start `dist/` and ship it to hosts: what is there may be of other sources. */
it.each(['test:system', 'test:long'])('%s builds first, so that it tests the sources', name => {
  const { scripts } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>
  }
  expect(scripts[`pre${name}`]).toBe('npm run --silent build')
})
