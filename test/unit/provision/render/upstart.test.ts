import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../../../src/cli/project-root.ts'
import { parseUpstartJob } from './upstart-job.ts'

/** Nothing here runs upstart, so its grammar is what the job is held against. */
describe.each(['upstart', 'trusted-upstart'])('the job of upstart of the host %s', host => {
  const text = readFileSync(join(projectRoot(), 'test/golden/hosts', host, 'files/etc/init/weave.conf'), 'utf8')
  const job = parseUpstartJob(text)

  it('has stanzas that upstart knows, each once where it may be there once', () => {
    const names = job.stanzas.map(({ name }) => name).filter(name => name !== 'limit' && name !== 'respawn')
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(expect.arrayContaining(['description', 'start', 'stop', 'exec', 'process exec']))
  })

  it('has scripts that the shell of upstart takes', () => {
    expect(Object.keys(job.scripts)).toEqual(['pre-start'])
    for (const script of Object.values(job.scripts)) {
      const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    }
  })

  it('stays up: it is started again without a limit, and not given up for a slow end', () => {
    const values = job.stanzas.map(({ name, value }) => `${name} ${value}`.trim())
    expect(values).toEqual(expect.arrayContaining(['respawn', 'respawn limit unlimited', 'kill timeout 10']))
  })
})

it.each([
  ['start on', "'on' is not for start"],
  ['start on started docker and', 'is not for start'],
  ['start on (started docker', 'is not for start'],
  ['respawn limit 10', "'limit 10' is not for respawn"],
  ['limit nofile 16384', 'is not for limit'],
  ['kill timeout soon', 'is not for kill'],
  ['pre-start script\n  true', 'script without end script'],
  ['exec a\nscript\n  b\nend script', 'both exec and script'],
  ['Restart=always', "unknown stanza 'Restart=always'"],
])('a job with %j is refused', (text, message) => {
  expect(() => parseUpstartJob(text)).toThrow(message)
})
