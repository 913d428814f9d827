import { hostsText } from '../../../../src/agent/containers/hosts-file.ts'

const docker = '127.0.0.1\tlocalhost\n172.17.0.2\tweb.weave.local web\n'
const web = { hostname: 'web', domain: 'weave.local' }

describe('the hosts file of a container', () => {
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
