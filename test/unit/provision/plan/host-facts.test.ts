import { parseFacts } from '../../../../src/provision/plan/host-facts.ts'
import { acceptedBy, refusalBy } from '../../base/outcome.ts'

const HOST = {
  publicKey: Buffer.alloc(32, 9).toString('base64'),
  initSystem: 'systemd',
  networkTool: 'ifupdown',
  dockerPackage: 'docker.io',
  dockerUnitReadsDefaults: true,
  addresses: [],
  files: { '/etc/default/docker': 'X=1\n', '/etc/docker/daemon.json': null },
}

const parse = (change: object) => parseFacts(JSON.stringify({ a: { ...HOST, ...change } }))

describe('facts of hosts', () => {
  it('are read; a file that is not mentioned is one that is not there', () => {
    expect(acceptedBy(parse({})).a?.files).toEqual({
      '/etc/default/docker': 'X=1\n',
      '/etc/docker/daemon.json': null,
      '/etc/network/interfaces': null,
    })
  })

  it('may tell what Docker was told, or nothing of it', () => {
    expect(acceptedBy(parse({})).a?.dockerMemory.settings).toEqual({})
    const dockerMemory = { settings: { dns: ['192.0.2.1'] }, originals: { '/etc/default/docker': 'X=1\n' } }
    expect(acceptedBy(parse({ dockerMemory })).a?.dockerMemory).toEqual({
      settings: { dns: ['192.0.2.1'] },
      originals: { '/etc/default/docker': 'X=1\n', '/etc/docker/daemon.json': null },
    })
  })

  it('may come without a public key', () => {
    expect(acceptedBy(parse({ publicKey: null })).a?.publicKey).toBeNull()
  })

  it.each([
    [{ publicKey: 'AAAA' }, 'a.publicKey is not 32 bytes in base64'],
    [{ publicKey: `${'A'.repeat(42)}B=` }, 'a.publicKey is not 32 bytes in base64'],
    [{ initSystem: 'openrc' }, "a.initSystem 'openrc' is not one of systemd, sysvinit, upstart"],
    [{ dockerUnitReadsDefaults: 'yes' }, 'a.dockerUnitReadsDefaults must be true or false'],
    [{ files: [] }, 'a.files is not an object'],
    [{ dockerMemory: { settings: [] } }, 'a.dockerMemory.settings must be an object'],
  ])('that make no sense are refused by name: %j', (change, error) => {
    expect(refusalBy(parse(change))).toBe(error)
  })

  it.each(['', '[]', 'null', '{"a": 1}'])('%j is refused', text => {
    expect(parseFacts(text).ok).toBe(false)
  })
})
