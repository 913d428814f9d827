import {
  type DockerMerge,
  mergeDaemonJson,
  mergeDefaults,
  withoutDaemonJson,
  withoutDefaults,
} from '../../../../src/provision/render/merge-docker.ts'

const SETTINGS = { bridge: 'weave', 'fixed-cidr': '10.2.1.0/24', mtu: 1376 }
const ask = (settings: object, more: Partial<DockerMerge> = {}): DockerMerge => ({
  settings: { ...settings },
  dropped: {},
  original: null,
  ...more,
})
const OURS = '--bridge=weave --fixed-cidr=10.2.1.0/24 --mtu=1376'

describe('/etc/default/docker', () => {
  it('is made when there is none', () => {
    expect(mergeDefaults(null, ask(SETTINGS))).toBe(`DOCKER_OPTS="${OURS}"\n`)
  })

  it('keeps comments, other variables and the options of others', () => {
    const text = '# from the package\nHTTP_PROXY=x\nDOCKER_OPTS="--dns 8.8.8.8 -H unix:///x --debug"\nTMPDIR=/y\n'
    expect(mergeDefaults(text, ask(SETTINGS))).toBe(
      `# from the package\nHTTP_PROXY=x\nDOCKER_OPTS="--dns 8.8.8.8 -H unix:///x --debug ${OURS}"\nTMPDIR=/y\n`,
    )
  })

  it('is the same after a second run', () => {
    const once = mergeDefaults('DOCKER_OPTS="--dns 8.8.8.8"\n', ask(SETTINGS))
    expect(mergeDefaults(once, ask(SETTINGS))).toBe(once)
  })

  it.each([
    '--bridge=weave --fixed-cidr=10.2.9.0/24 --mtu=1400',
    '--bridge weave --fixed-cidr 10.2.9.0/24 --mtu 1400',
    '-b weave --mtu=1400',
    '-b=weave',
  ])('replaces our former options %s', former => {
    expect(mergeDefaults(`DOCKER_OPTS="${former} --debug"\n`, ask(SETTINGS))).toBe(`DOCKER_OPTS="--debug ${OURS}"\n`)
  })

  it('has one line where an older role has added a second one (trap 1.4.7)', () => {
    const text = 'DOCKER_OPTS="--debug"\nX=1\nDOCKER_OPTS="$DOCKER_OPTS --bridge=weave --dns 172.17.42.1"\n'
    expect(mergeDefaults(text, ask(SETTINGS))).toBe(`DOCKER_OPTS="--debug --dns 172.17.42.1 ${OURS}"\nX=1\n`)
  })

  it('lets the last of several lines win, as the shell and systemd do', () => {
    const text = "DOCKER_OPTS='--debug'\nexport DOCKER_OPTS=--experimental # why not\n"
    expect(mergeDefaults(text, ask(SETTINGS))).toBe(`DOCKER_OPTS="--experimental ${OURS}"\n`)
  })

  it('leaves a line that is commented out alone', () => {
    expect(mergeDefaults('#DOCKER_OPTS="--debug"\n', ask(SETTINGS))).toBe(
      `#DOCKER_OPTS="--debug"\nDOCKER_OPTS="${OURS}"\n`,
    )
  })

  it('keeps quotes inside of the value', () => {
    const text = `DOCKER_OPTS="--log-opt tag=\\"a b\\" --label 'x y'"\n`
    expect(mergeDefaults(text, ask(SETTINGS))).toBe(`DOCKER_OPTS="--log-opt tag=\\"a b\\" --label 'x y' ${OURS}"\n`)
  })

  it('takes options in the form of daemon.json: lists, dictionaries, plural names', () => {
    const settings = {
      'insecure-registries': ['a:5000', 'b:5000'],
      'log-opts': { 'max-size': '10m' },
      'live-restore': true,
    }
    expect(mergeDefaults(null, ask(settings))).toBe(
      'DOCKER_OPTS="--insecure-registry=a:5000 --insecure-registry=b:5000 --log-opt=max-size=10m --live-restore=true"\n',
    )
  })

  it('loses our options, and nothing else, when they go to daemon.json (trap 2.4)', () => {
    const text = `# x\nDOCKER_OPTS="--debug ${OURS}"\n`
    expect(withoutDefaults(text, ask(SETTINGS))).toBe('# x\nDOCKER_OPTS="--debug"\n')
    expect(withoutDefaults('DOCKER_OPTS=--debug\n', ask(SETTINGS))).toBe('DOCKER_OPTS=--debug\n')
  })
})

describe('/etc/docker/daemon.json', () => {
  it('is made when there is none, or an empty one', () => {
    const made = '{\n  "bridge": "weave",\n  "fixed-cidr": "10.2.1.0/24",\n  "mtu": 1376\n}\n'
    expect(mergeDaemonJson(null, ask(SETTINGS))).toBe(made)
    expect(mergeDaemonJson('\n', ask(SETTINGS))).toBe(made)
  })

  it('keeps the keys of others in their order', () => {
    const text = '{"log-driver":"json-file","mtu":1400,"live-restore":true}'
    expect(JSON.parse(mergeDaemonJson(text, ask(SETTINGS)))).toEqual({
      'log-driver': 'json-file',
      mtu: 1376,
      'live-restore': true,
      bridge: 'weave',
      'fixed-cidr': '10.2.1.0/24',
    })
  })

  it('is left as it is, to the byte, when it says all that', () => {
    const text = '{"fixed-cidr":"10.2.1.0/24",\n\t"bridge":"weave", "mtu":1376, "debug": true }'
    expect(mergeDaemonJson(text, ask(SETTINGS))).toBe(text)
  })

  it('loses our keys, and nothing else, when they go to DOCKER_OPTS (trap 2.4)', () => {
    const text = '{"bridge":"weave","fixed-cidr":"10.2.1.0/24","mtu":1376,"debug":true}'
    expect(withoutDaemonJson(text, ask(SETTINGS))).toBe('{\n  "debug": true\n}\n')
    expect(withoutDaemonJson('{"debug":true}', ask(SETTINGS))).toBe('{"debug":true}')
  })
})

describe('an option that is wanted no longer', () => {
  const dropped = { 'log-driver': 'journald', dns: ['192.0.2.1'], 'log-opts': { tag: 'a' } }

  it('leaves DOCKER_OPTS, and what was there before it comes back', () => {
    const original = 'DOCKER_OPTS="--log-driver json-file --debug"\n'
    const before = mergeDefaults(original, ask({ ...SETTINGS, ...dropped }))
    expect(before).toContain('--log-driver=journald --dns=192.0.2.1 --log-opt=tag=a')
    const text = `DOCKER_OPTS="--debug --log-driver json-file ${OURS}"\n`
    expect(mergeDefaults(before, ask(SETTINGS, { dropped, original }))).toBe(text)
    expect(withoutDefaults(before, ask(SETTINGS, { dropped, original }))).toBe(
      'DOCKER_OPTS="--debug --log-driver json-file"\n',
    )
  })

  it('leaves daemon.json, and what was there before it comes back', () => {
    const original = '{"log-driver": "json-file", "debug": true}'
    const before = mergeDaemonJson(original, ask({ ...SETTINGS, ...dropped }))
    const after = mergeDaemonJson(before, ask(SETTINGS, { dropped, original }))
    expect(JSON.parse(after)).toEqual({ 'log-driver': 'json-file', debug: true, ...SETTINGS })
    const stripped = withoutDaemonJson(before, ask(SETTINGS, { dropped, original }))
    expect(JSON.parse(stripped)).toEqual({ 'log-driver': 'json-file', debug: true })
  })

  it('comes back where it was before, when it was said in the other file', () => {
    const original = '{"log-driver": "json-file", "debug": true}'
    const present = withoutDaemonJson(original, ask({ ...SETTINGS, ...dropped }))
    expect(JSON.parse(present)).toEqual({ debug: true })
    const after = withoutDaemonJson(present, ask(SETTINGS, { dropped, original }))
    expect(JSON.parse(after)).toEqual({ debug: true, 'log-driver': 'json-file' })
  })

  it('stays when somebody has given it another value since: then it is his', () => {
    const defaults = `DOCKER_OPTS="--log-driver=syslog ${OURS}"\n`
    expect(mergeDefaults(defaults, ask(SETTINGS, { dropped }))).toBe(defaults)
    const daemon = JSON.stringify({ ...SETTINGS, dns: ['192.0.2.9'] })
    expect(mergeDaemonJson(daemon, ask(SETTINGS, { dropped }))).toBe(daemon)
  })
})
