import { facts, host, planned, refusals } from '../inventories.ts'

const DEFAULTS = '/etc/default/docker'
const DAEMON = '/etc/docker/daemon.json'

function methodOf(hostFacts: ReturnType<typeof facts>) {
  return planned([host('a')], { facts: { a: hostFacts } }).hosts[0]?.dockerMethod
}

describe('the way to configure Docker, found by itself,', () => {
  it('is DOCKER_OPTS with the package of Debian', () => {
    expect(methodOf(facts())).toBe('default')
  })

  it('is daemon.json where the unit does not read DOCKER_OPTS, as that of docker-ce (trap 2.12)', () => {
    expect(methodOf(facts({ dockerPackage: 'docker-ce', dockerUnitReadsDefaults: false }))).toBe('daemon-json')
  })

  it('is daemon.json where the bridge is set there already (trap 2.4)', () => {
    expect(methodOf(facts({}, { [DAEMON]: '{"bridge": "weave"}' }))).toBe('daemon-json')
  })

  it('is DOCKER_OPTS where it is in use', () => {
    const files = { [DEFAULTS]: 'DOCKER_OPTS="--bridge=weave"\n' }
    expect(methodOf(facts({ dockerPackage: 'docker-ce', initSystem: 'sysvinit' }, files))).toBe('default')
  })

  it('is none without Docker', () => {
    expect(methodOf(facts({ dockerPackage: 'none', dockerUnitReadsDefaults: false }))).toBe('none')
  })

  it('is left open for a host of which nothing is known', () => {
    expect(planned([host('a')]).hosts[0]?.dockerMethod).toBeUndefined()
  })
})

describe('Docker on a host is left alone, and the plan refused,', () => {
  const refusalFor = (hostFacts: ReturnType<typeof facts>, settings = {}) =>
    refusals([host('a', settings)], { facts: { a: hostFacts } })[0]

  it('when daemon.json is not JSON', () => {
    expect(refusalFor(facts({}, { [DAEMON]: '{"bridge": ' }))).toContain(`${DAEMON} on host 'a' is not JSON`)
  })

  it('when daemon.json names another bridge', () => {
    expect(refusalFor(facts({}, { [DAEMON]: '{"bridge": "br0"}' }))).toContain(`set to bridge "br0" in ${DAEMON}`)
  })

  it.each(['--bridge=br0', '--bridge br0', '-b br0', '-b=br0'])(
    'when DOCKER_OPTS names another bridge with %s',
    option => {
      const files = { [DEFAULTS]: `DOCKER_OPTS="--dns 8.8.8.8 ${option}"\n` }
      expect(refusalFor(facts({}, files))).toContain(`set to bridge "br0" in ${DEFAULTS}`)
    },
  )

  it('when docker0 has an address of its own, which Docker does not accept together with a bridge', () => {
    expect(refusalFor(facts({}, { [DAEMON]: '{"bip": "172.30.0.1/24"}' }))).toContain('bip "172.30.0.1/24"')
  })

  it('when the inventory insists on DOCKER_OPTS where they are not read (trap 2.12)', () => {
    const found = refusalFor(facts({ dockerUnitReadsDefaults: false }), { dockerMethod: 'default' })
    expect(found).toContain('set weave_docker_method to daemon-json or auto')
  })

  it('when extra options set what follows from the number', () => {
    const found = refusalFor(facts(), { dockerOptions: { 'fixed-cidr': '10.2.9.0/24' } })
    expect(found).toContain("sets 'fixed-cidr'")
  })
})

it('a host that is not to have its Docker configured is asked nothing about it', () => {
  const files = { [DAEMON]: 'broken' }
  expect(refusals([host('a', { dockerMethod: 'none' })], { facts: { a: facts({}, files) } })).toEqual([])
})
