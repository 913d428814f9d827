import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hostsText, unhidden } from '../../../../src/agent/containers/hosts-file.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const docker = '127.0.0.1\tlocalhost\n172.17.0.2\tweb.weave.local web\n'
const web = { hostname: 'web', domain: 'weave.local' }

describe('the hosts file of a container', () => {
  const folder = useTemporaryFolder()

  it('is looked for where the host’s first process sees it when it is hidden, and is the plain one else', () => {
    const path = join(folder(), 'home/docker/hosts')
    const seenByFirst = join(folder(), 'first', path)
    expect(unhidden(path, join(folder(), 'first'))).toBe(path)
    mkdirSync(dirname(seenByFirst), { recursive: true })
    writeFileSync(seenByFirst, '')
    expect(unhidden(path, join(folder(), 'first'))).toBe(seenByFirst)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '')
    expect(unhidden(path, join(folder(), 'first'))).toBe(path)
  })

  it('leads its names to the overlay, whatever Docker wrote, and names others', () => {
    const text = hostsText(docker, { ...web, addresses: ['10.2.1.1'], extraHosts: ['db:10.2.1.9'] })
    expect(text).toBe(
      '10.2.1.1\tweb.weave.local web\t# weave:\n10.2.1.9\tdb\t# weave:\n127.0.0.1\tlocalhost\n# weave:172.17.0.2\tweb.weave.local web\n',
    )
  })

  it('is the same after a second time, and Docker’s again after the last address', () => {
    const once = hostsText(docker, { ...web, addresses: ['10.2.1.1'], extraHosts: [] })
    expect(hostsText(once, { ...web, addresses: ['10.2.1.1'], extraHosts: [] })).toBe(once)
    expect(hostsText(once, { ...web, addresses: [], extraHosts: [] })).toBe(docker)
  })
})
