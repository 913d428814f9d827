import { load } from 'js-yaml'
import { INERT, RELOADS } from '../../../../src/provision/change/effects.ts'
import { changeOf, isUnchanged, missingTexts } from '../../../../src/provision/change/host-change.ts'
import { projectFiles } from '../../../architecture/project-files.ts'
import { docker, file, RELEASE, rendered, surveyed } from './surveys.ts'

const CONFIG = '/etc/weave/agent-config.json'
const UNIT = '/etc/systemd/system/weave.service'
const DEFAULTS = '/etc/default/docker'

describe('a host', () => {
  it('that is as planned has nothing to do', () => {
    const change = changeOf(rendered([file(CONFIG, '{}')]), surveyed({ [CONFIG]: '{}' }), RELEASE)
    expect([isUnchanged(change), change.files, change.actions]).toEqual([true, [], []])
  })

  it('that is new gets agent, bridge, router and Docker, and no container notices', () => {
    const fresh = surveyed(
      {},
      {
        release: null,
        needsAgent: true,
        needsRuntime: true,
        bridge: { isUp: false, addresses: [] },
        services: { weave: { isActive: false, isEnabled: false }, docker: { isActive: true, isEnabled: true } },
      },
    )
    const change = changeOf(rendered([file(CONFIG, '{}'), file(DEFAULTS, 'x', { part: 'docker' })]), fresh, RELEASE)
    expect(change.isNew).toBe(true)
    expect(kinds(change)).toEqual([
      'ship-agent',
      'switch-release',
      'raise-bridge',
      'start-router',
      'enable',
      'restart-docker',
    ])
    expect(change.actions.filter(({ seconds }) => seconds > 0)).toEqual([])
  })

  it.each([
    [
      'other targets reload the router',
      CONFIG,
      '{"targets":[],"mtu":1}',
      '{"targets":["a"],"mtu":1}',
      ['reload-router'],
    ],
    ['another MTU restarts it', CONFIG, '{"mtu":1}', '{"mtu":2}', ['restart-router']],
    ['another unit restarts it', UNIT, 'a', 'b', ['restart-router']],
    ['another stanza of the bridge restarts nothing', '/etc/network/interfaces.d/weave', 'a', 'b', []],
  ])('%s', (_, path, before, after, expected) => {
    const change = changeOf(rendered([file(path, after)]), surveyed({ [path]: before }), RELEASE)
    expect([change.files.map(({ kind }) => kind), kinds(change)]).toEqual([['change'], expected])
  })

  it('is not asked again for a text that the plan is made from', () => {
    const text = 'DOCKER_OPTS="--log-level=warn"\n'
    const survey = surveyed({ [DEFAULTS]: text })
    const files = { [DEFAULTS]: { ...survey.files[DEFAULTS]!, text: null } }
    const changeWith = (known: string) =>
      changeOf(
        rendered([file(DEFAULTS, 'x', { part: 'docker' })]),
        { ...survey, files, facts: { ...survey.facts, files: { ...survey.facts.files, [DEFAULTS]: known } } },
        RELEASE,
      )
    expect([missingTexts(changeWith(text)), changeWith(text).files[0]?.texts.before]).toEqual([[], text])
    expect(missingTexts(changeWith('of another moment'))).toEqual([DEFAULTS])
  })

  it('needs a restart when the former text is not known, and says which text that is', () => {
    const survey = surveyed({ [CONFIG]: '{"targets":[]}' })
    const blind = { ...survey, files: { [CONFIG]: { digest: 'x', mode: '0644', isOurs: true, text: null } } }
    const change = changeOf(rendered([file(CONFIG, '{"targets":["a"]}')]), blind, RELEASE)
    expect([kinds(change), missingTexts(change)]).toEqual([['restart-router'], [CONFIG]])
  })

  it('gets another address of the bridge in place', () => {
    const survey = surveyed({}, { bridge: { isUp: true, addresses: ['10.2.0.9/16'] } })
    expect(kinds(changeOf(rendered([]), survey, RELEASE))).toEqual(['move-address'])
  })

  it('loses what an earlier plan installed, and keeps what it shares with others', () => {
    const survey = surveyed({ '/etc/init.d/weave': 'x', [DEFAULTS]: 'theirs' })
    const { files } = changeOf(rendered([]), survey, RELEASE)
    expect(files.map(({ path, kind }) => [path, kind])).toEqual([['/etc/init.d/weave', 'remove']])
  })

  it('takes up what an earlier run that was cut off has left to do', () => {
    expect(kinds(changeOf(rendered([]), surveyed({}, { pending: { weave: 'restart' } }), RELEASE))).toEqual([
      'restart-router',
    ])
  })

  it('switches to another release with a restart of the router', () => {
    expect(kinds(changeOf(rendered([]), surveyed({}), { digest: 'r2' }))).toEqual(['switch-release', 'restart-router'])
  })
})

describe('a restart of Docker', () => {
  const wanted = rendered([file(DEFAULTS, 'new', { part: 'docker' })])

  it('names the containers that stop, for how long, and those that stay down', () => {
    const containers = [
      { name: 'web', comesBack: true },
      { name: 'batch', comesBack: false },
    ]
    const change = changeOf(wanted, surveyed({ [DEFAULTS]: 'old' }, { docker: docker(containers) }), RELEASE)
    const [action] = change.actions
    expect(action).toMatchObject({ kind: 'restart-docker', containers: ['web', 'batch'], seconds: 15 })
    expect(action?.text).toContain('batch stays down')
  })

  it('harms nobody with live-restore', () => {
    const survey = surveyed(
      { [DEFAULTS]: 'old' },
      { docker: docker([{ name: 'web', comesBack: false }], { liveRestore: true }) },
    )
    expect(changeOf(wanted, survey, RELEASE).actions).toMatchObject([{ containers: [], seconds: 0 }])
  })

  it('follows from a network that Docker remembers wrongly', () => {
    const wrong = docker([], { network: { bridge: 'weave', subnets: ['172.17.0.0/16'], range: '10.2.1.0/24' } })
    expect(kinds(changeOf(rendered([]), surveyed({}, { docker: wrong }), RELEASE))).toEqual(['mend-docker-network'])
  })

  it('does not follow where the host has no Docker of ours', () => {
    const none = rendered([], { dockerMethod: 'none' })
    const survey = surveyed(
      {},
      { services: { ...surveyed({}).services, docker: { isActive: false, isEnabled: false } } },
    )
    expect(kinds(changeOf(none, survey, RELEASE))).toEqual([])
  })
})

it('the plan and the role agree on what a router takes up while it runs', () => {
  const text = projectFiles().find(({ path }) => path === 'roles/weave/vars/main.yml')?.text ?? ''
  const variables = load(text) as { weave_reloads: unknown; weave_inert: unknown }
  expect(variables.weave_reloads).toEqual(RELOADS)
  expect(variables.weave_inert).toEqual(INERT)
})

function kinds(change: ReturnType<typeof changeOf>): readonly string[] {
  return change.actions.map(({ kind }) => kind)
}
