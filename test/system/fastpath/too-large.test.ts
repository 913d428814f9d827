import { FastPathLab, gained, IPV4_OVERHEAD, IPV6_OVERHEAD, MTU } from './fast-path-lab.ts'

const HOSTS = 5
/** The links of hosts 1, 2 and 3 are of IPv4, those of 3, 4 and 5 of IPv6. */
const IPV6_FROM = 3
/** Of containers, over a link that takes less than the others. */
const NARROW_MTU = 1300
/** Before what a ping holds: IPv4 and ICMP. */
const ECHO_BYTES = 28

describe('the programs of the fast path, on five hosts in a row, of which one knows the next link to take less', () => {
  let lab: FastPathLab

  beforeAll(async () => {
    lab = await FastPathLab.create(HOSTS, IPV6_FROM)
    await lab.applyAll()
  })

  afterAll(async () => {
    await lab?.dispose()
  })

  it.each([
    ['the host', 1, IPV4_OVERHEAD],
    ['a relay', 2, IPV4_OVERHEAD],
    ['a relay between families', 3, IPV6_OVERHEAD],
    ['the last relay, over IPv6', 4, IPV6_OVERHEAD],
  ])(
    'tell the container what the path takes when a frame may not be cut and is too large for the link of %s',
    async (_, host, overhead) => {
      const device = `to${host + 1}`
      const setMtu = (mtu: number) => lab.in(lab.host(host), 'ip', 'link', 'set', device, 'mtu', `${mtu}`)
      await setMtu(NARROW_MTU + overhead)
      const before = await lab.ask(host, { kind: 'counters' })
      expect(await ping(MTU)).toMatch(new RegExp(`From 10\\.2\\.0\\.5 .*mtu = ${NARROW_MTU}\\b`))
      expect(await ping(NARROW_MTU)).toContain('1 received')
      expect(gained(before, await lab.settledCounters(host))).toEqual({})
      await setMtu(MTU + overhead)
      await lab.in(lab.container(1), 'ip', 'route', 'flush', 'cache')
      expect(await ping(MTU)).toContain('1 received')
    },
  )

  it.each([
    ['IPv4', 1, IPV4_OVERHEAD],
    ['IPv6', 3, IPV6_OVERHEAD],
  ])('have the kernel forget what it was told of a path of %s', async (_, host, overhead) => {
    const [via, to] = [lab.address(host, host + 1), lab.address(host + 1, host + 2)]
    const onHost = async (...argv: string[]) => (await lab.in(lab.host(host), ...argv)).stdout
    const setMtu = (mtu: number) => lab.in(lab.host(host + 1), 'ip', 'link', 'set', `to${host + 2}`, 'mtu', String(mtu))
    await onHost('ip', 'route', 'add', to, 'via', via)
    await setMtu(NARROW_MTU)
    await onHost('ping', '-M', 'do', '-c', '1', '-W', '10', '-s', String(NARROW_MTU), to)
    expect(await onHost('ip', 'route', 'get', to)).toContain(`mtu ${NARROW_MTU}`)
    expect(await lab.ask(host, { kind: 'forget', to })).toEqual({ isForgotten: true })
    expect(await onHost('ip', 'route', 'get', to)).toContain(`via ${via}`)
    expect(await onHost('ip', 'route', 'get', to)).not.toContain('mtu')
    await setMtu(MTU + overhead)
    await onHost('ip', 'route', 'delete', to)
  })

  async function ping(bytes: number): Promise<string> {
    const size = String(bytes - ECHO_BYTES)
    const wish = ['-M', 'do', '-c', '1', '-W', '10', '-s', size, '10.2.0.5']
    return (await lab.in(lab.container(1), 'ping', ...wish)).stdout
  }
})
