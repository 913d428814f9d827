import { HOST_PATHS } from '../../../src/contract/host-paths.ts'

describe('paths on a host', () => {
  it('are absolute, without an end that a shell would read otherwise', () => {
    for (const path of Object.values(HOST_PATHS)) expect(path).toMatch(/^(\/[a-z0-9.-]+)+$/)
  })

  it('no two things are in one place', () => {
    expect(new Set(Object.values(HOST_PATHS)).size).toBe(Object.keys(HOST_PATHS).length)
  })

  it('what only the host knows is kept apart from what the provisioner writes', () => {
    for (const path of [HOST_PATHS.identityKey, HOST_PATHS.learntManifest, HOST_PATHS.targets]) {
      expect(path.startsWith(`${HOST_PATHS.state}/`)).toBe(true)
    }
  })
})
