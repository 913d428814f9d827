import { runPython } from './run-python.ts'

describe('the router of a host that is to read its files again', () => {
  it.each([
    ['is told so', { '/run/weave/weave.pid': '42\n', '/proc/42/comm': 'weave\n' }, ['kill 42 SIGHUP']],
    ['is restarted when it was killed', { '/run/weave/weave.pid': '42\n' }, ['restart']],
    [
      'is restarted when another program has its number by now',
      { '/run/weave/weave.pid': '42\n', '/proc/42/comm': 'sshd\n' },
      ['restart'],
    ],
    ['is restarted when it has left no number', {}, ['restart']],
  ])('%s', (_, files, done) => {
    expect(runPython(RELOAD, { files })).toEqual(done)
  })
})

const RELOAD = `
import signal
answer = []
weave_host.read_text = given['files'].get
weave_host.init_system = lambda: 'systemd'
os.kill = lambda pid, number: answer.append('kill %d %s' % (pid, signal.Signals(number).name))
weave_host.Service.restart = lambda self: answer.append('restart')
weave_host.Service(None, 'weave').reload()
`
