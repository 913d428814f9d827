import { runPython } from './run-python.ts'

const PROGRAM = `
import subprocess
sys.modules['ansible.module_utils.weave_refusal'].SECONDS_MAX = 1
class Module:
    def get_bin_path(self, name): return '/usr/bin/' + name
    def run_command(self, argv, **options):
        done = subprocess.run(argv, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr
    def exit_json(self, **result): answer.update(result)
    def fail_json(self, **result): answer.update(result)
answer = {}
def work(module):
    code, out, err = module.run_command(['sh', '-c', given['script']], check_rc=given['checks'])
    return {'code': code, 'out': out.strip()}
weave_host.run_refusable(Module(), work)
`

function run(script: string, checks = false): unknown {
  return runPython(PROGRAM, { script, checks })
}

describe('a command that a module runs on a host', () => {
  it('is ended when it hangs, and named with its last words', () => {
    expect(run('echo waiting for the daemon >&2; exec sleep 60')).toEqual({
      msg: "'sh -c echo waiting for the daemon >&2; exec sleep 60' did not end within 1 s: waiting for the daemon",
      remedy: expect.stringContaining('by hand'),
    })
  })

  it('is left alone otherwise, also when it fails and that was foreseen', () => {
    expect(run('echo done; exit 3')).toEqual({ code: 3, out: 'done' })
  })

  it('that must not fail ends the module with its own words', () => {
    expect(run('echo no such thing >&2; exit 3', true)).toMatchObject({ msg: 'no such thing', rc: 3 })
  })
})
