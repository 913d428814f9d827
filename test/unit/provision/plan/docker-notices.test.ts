import { dockerNotices } from '../../../../src/provision/plan/docker-notices.ts'
import { facts, host, planned } from '../inventories.ts'

function noticesFor(files: Parameters<typeof facts>[1]) {
  const known = { a: facts({}, files) }
  return dockerNotices(planned([host('a')], { facts: known }), known)
}

describe('a DNS server at the address of docker0, which goes (trap 1.4.6),', () => {
  it.each([
    { '/etc/default/docker': 'DOCKER_OPTS="--dns 172.17.42.1 --dns 8.8.8.8"\n' },
    { '/etc/default/docker': 'DOCKER_OPTS="--dns=172.17.42.1"\n' },
    { '/etc/docker/daemon.json': '{"dns": ["8.8.8.8", "172.17.42.1"]}' },
  ])('is pointed out: %j', files => {
    expect(noticesFor(files)).toEqual([expect.stringContaining("host 'a' names 172.17.42.1 as DNS server")])
  })

  it('is not seen where others are named', () => {
    expect(noticesFor({ '/etc/default/docker': 'DOCKER_OPTS="--dns 8.8.8.8"\n' })).toEqual([])
  })
})
