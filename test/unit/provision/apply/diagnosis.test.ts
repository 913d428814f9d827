import { diagnose, diagnoseText } from '../../../../src/provision/apply/diagnosis.ts'

describe('a diagnosis', () => {
  it.each([
    [
      'Failed to connect to the host via ssh: root@10.0.0.1: Permission denied (publickey,password).',
      /publickey,password/,
      /--private-key/,
    ],
    ['ssh: connect to host 10.0.0.9 port 22: Connection timed out', /Connection timed out/, /--limit/],
    ['ssh: connect to host 10.0.0.9 port 22: No route to host', /No route to host/, /ansible_host/],
    ['ssh: connect to host 10.0.0.9 port 22: Connection refused', /Connection refused/, /ansible_port/],
    [
      'Data could not be sent to remote host "10.0.0.9". Make sure this host can be reached over ssh: ',
      /broke off/,
      /that the host runs/,
    ],
    ['ssh: Could not resolve hostname web9: Name or service not known', /web9/, /ansible_host/],
    [
      '@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@ Host key verification failed.',
      /has changed/,
      /ssh-keygen -R/,
    ],
    ['Host key verification failed.', /not known/, /by hand/],
    ['Missing sudo password', /password/, /--ask-become-pass/],
    ['sudo: a password is required', /password/, /--ask-become-pass/],
    ['/bin/sh: 1: sudo: not found', /not installed/, /ansible_user/],
    ['joe is not in the sudoers file.', /may not use sudo/, /ansible_user/],
    ['/bin/sh: 1: /usr/bin/python3: not found', /\/usr\/bin\/python3/, /apt-get install python3/],
    ['scp: write remote "/root/x": No space left on device', /No space left/, /free some space/],
    ['OSError: [Errno 30] Read-only file system', /read-only/, /writable/],
    ['Cannot open network namespace "wl-1-control": No such file or directory', /lab is not running/, /lab up/],
    ['Attempting to decrypt but no vault secrets found', /decrypt/, /--vault-password-file/],
  ])('of %j', (text, cause, remedy) => {
    const [problem] = diagnose({ msg: text })
    expect(problem?.cause).toMatch(cause)
    expect(problem?.remedy).toMatch(remedy)
  })

  it('keeps what a module of ours says', () => {
    expect(diagnose({ msg: 'port 6783 is in use by x', remedy: 'stop it' })).toEqual([
      { cause: 'port 6783 is in use by x', remedy: 'stop it' },
    ])
  })

  it('keeps each error that a command of ours prints', () => {
    const stderr = 'error: one\nremedy: first\nerror: two\nremedy: second\n'
    expect(diagnose({ msg: 'non-zero return code', stderr })).toEqual([
      { cause: 'one', remedy: 'first' },
      { cause: 'two', remedy: 'second' },
    ])
  })

  it('of something that nobody foresaw is its first line, and how to see more', () => {
    const problem = diagnoseText('ERROR! the role was not found\nand a lot more')
    expect(problem).toEqual({ cause: 'the role was not found', remedy: expect.stringContaining('-v') })
  })

  it('of nothing at all still says something', () => {
    expect(diagnose({})[0]?.cause).toBe('no reason given')
  })
})
