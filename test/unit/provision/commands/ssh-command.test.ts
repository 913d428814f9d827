import { sshArgv } from '../../../../src/provision/commands/ssh-command.ts'

it('a login goes where Ansible does', () => {
  const variables = {
    ansible_host: '192.0.2.7',
    ansible_user: 'ops',
    ansible_port: 2222,
    ansible_ssh_private_key_file: '/keys/ops',
    ansible_ssh_common_args: '-o ProxyJump=bastion -o "UserKnownHostsFile=/a b"',
  }
  expect(sshArgv({ host: 'web1', variables, privateKey: undefined, command: [] })).toEqual([
    ...[
      'ssh',
      '-i',
      '/keys/ops',
      '-l',
      'ops',
      '-p',
      '2222',
      '-o',
      'ProxyJump=bastion',
      '-o',
      'UserKnownHostsFile=/a b',
    ],
    '192.0.2.7',
  ])
})

it('a command arrives as it was given, whatever the shell there makes of spaces and quotes', () => {
  const argv = sshArgv({ host: 'web1', variables: {}, privateKey: undefined, command: ['echo', "it's", 'a b'] })
  expect(argv.slice(-3)).toEqual(['web1', '--', `echo 'it'\\''s' 'a b'`])
})
