import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPython } from './run-python.ts'

const CONFIG = { clusterId: 'ours', shortId: 3 }

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'membership-test-'))
  mkdirSync(join(root, 'state'))
})

afterEach(() => rmSync(root, { recursive: true }))

describe('the cluster that a host tells of', () => {
  it('is that of its configuration, with the newest manifest that it has', () => {
    expect(membershipOf({ config: CONFIG, manifest: signed('ours', 4), 'state/manifest': signed('ours', 6) })).toEqual({
      clusterId: 'ours',
      shortId: 3,
      manifestVersion: 6,
    })
  })

  it('has no part in what another cluster has left', () => {
    expect(membershipOf({ config: CONFIG, 'state/manifest': signed('theirs', 9) })).toMatchObject({
      manifestVersion: 0,
    })
  })

  it.each([
    ['nothing is there', {}],
    ['the configuration is cut off', { config: '{"clusterId": "ou' }],
    ['the configuration is of no cluster', { config: {} }],
  ])('is none when %s', (_, files) => {
    expect(membershipOf(files)).toBeNull()
  })

  it('counts a manifest that is cut off, or no object, as none', () => {
    expect(membershipOf({ config: CONFIG, manifest: '[1]', 'state/manifest': '{"manifest": 5}' })).toMatchObject({
      manifestVersion: 0,
    })
  })
})

function membershipOf(files: Readonly<Record<string, unknown>>): unknown {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(root, `${name}.json`), typeof content === 'string' ? content : JSON.stringify(content))
  }
  const program = `import weave_survey
weave_survey.CONFIGURATION = root + '/config.json'
weave_survey.MANIFESTS = (root + '/manifest.json', root + '/state/manifest.json')
answer = weave_survey.membership()`
  return runPython(program, { root })
}

function signed(clusterId: string, version: number) {
  return { manifest: JSON.stringify({ clusterId, version }), signature: 'x' }
}
