import {
  endConnectionArgv,
  type PlaybookRequest,
  type PlaybookSurroundings,
  playbookArgv,
  playbookEnvironment,
} from '../../../../src/provision/commands/playbook-command.ts'

const REQUEST: PlaybookRequest = {
  prefix: [],
  playbook: '/p/playbooks/up.yml',
  inventory: '/i/hosts.yml',
  limit: [],
  isCheck: false,
  showsDiff: false,
  verbosity: 0,
  asksBecomePassword: false,
  variables: {},
  further: [],
}

const SURROUNDINGS: PlaybookSurroundings = {
  projectRoot: '/p',
  controlFolder: '/tmp/c',
  eventsFd: 3,
  hasOwnSshArguments: false,
  inherited: {},
}

describe('the command of a playbook', () => {
  it('names the inventory, the variables and the playbook', () => {
    expect(playbookArgv({ ...REQUEST, variables: { weave_group: 'all' } })).toEqual([
      'ansible-playbook',
      '--inventory=/i/hosts.yml',
      '--extra-vars={"weave_group":"all"}',
      '/p/playbooks/up.yml',
    ])
  })

  it('passes on what the user asked for', () => {
    const argv = playbookArgv({
      ...REQUEST,
      limit: ['a', 'b'],
      isCheck: true,
      showsDiff: true,
      verbosity: 2,
      asksBecomePassword: true,
      forks: 20,
      privateKey: '/k',
    })
    const options = ['--limit=a,b', '--check', '--diff', '-vv', '--ask-become-pass', '--forks=20', '--private-key=/k']
    expect(argv).toEqual(expect.arrayContaining(options))
  })

  it('is run where the prefix leads, with what a lab needs', () => {
    const prefix = ['ip', 'netns', 'exec', 'lab']
    const argv = playbookArgv({ ...REQUEST, prefix, further: ['--ssh-common-args', '-o A=b'] })
    expect(argv.slice(0, 5)).toEqual([...prefix, 'ansible-playbook'])
    expect(argv.slice(-3)).toEqual(['--ssh-common-args', '-o A=b', '/p/playbooks/up.yml'])
  })
})

describe('the environment of a playbook', () => {
  it('brings the plugin that reports events, beside the user’s own', () => {
    const inherited = { ANSIBLE_CALLBACKS_ENABLED: 'timer', ANSIBLE_CALLBACK_PLUGINS: '/mine' }
    expect(playbookEnvironment({ ...SURROUNDINGS, inherited })).toMatchObject({
      ANSIBLE_CALLBACKS_ENABLED: 'weave_events,timer',
      ANSIBLE_CALLBACK_PLUGINS: '/p/playbooks/callback_plugins:/mine',
      WEAVE_EVENTS_FD: '3',
    })
  })

  it('leaves the checking of host keys to the user', () => {
    expect(playbookEnvironment(SURROUNDINGS)).not.toHaveProperty('ANSIBLE_HOST_KEY_CHECKING')
  })

  it('does not compress what is compressed already', () => {
    expect(playbookEnvironment(SURROUNDINGS).ANSIBLE_SSH_ARGS).not.toContain('-C')
  })

  it('gives a host up that vanishes in the middle', () => {
    const options = playbookEnvironment(SURROUNDINGS).ANSIBLE_SSH_ARGS
    expect(options).toContain('-o ServerAliveInterval=10 -o ServerAliveCountMax=6')
  })

  it.each([
    { ...SURROUNDINGS, hasOwnSshArguments: true },
    { ...SURROUNDINGS, inherited: { ANSIBLE_SSH_ARGS: '-J jump' } },
  ])('keeps the user’s way to call SSH', surroundings => {
    expect(playbookEnvironment(surroundings)).not.toHaveProperty('ANSIBLE_SSH_ARGS')
  })

  it('tells Ansible and what it runs where the vault password is', () => {
    const environment = playbookEnvironment({ ...SURROUNDINGS, vaultPasswordFile: '/v' })
    expect(environment.ANSIBLE_VAULT_PASSWORD_FILE).toBe('/v')
  })
})

describe('the command that ends a shared connection', () => {
  it('names its socket', () => {
    expect(endConnectionArgv('/tmp/c/1')).toEqual(expect.arrayContaining(['-O', 'exit', 'ControlPath=/tmp/c/1']))
  })
})
