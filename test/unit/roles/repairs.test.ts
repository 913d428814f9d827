import { REPAIRS } from '../../../src/provision/examine/disorder.ts'
import { schemaOf } from '../../json-schema.ts'
import { runPython } from './run-python.ts'

it('a host knows each repair that doctor asks for, and no other', () => {
  expect(runPython('import weave_mend\nanswer = list(weave_mend.DEEDS)', {})).toEqual([...REPAIRS])
})

it('the schema of doctor names each repair', () => {
  const { findings } = schemaOf('doctor').properties ?? {}
  expect(findings?.items?.properties?.repair?.enum).toEqual([...REPAIRS])
})

it('the bridge is given the MTU that the host was told', () => {
  const commands = runPython(RESIZE, {})
  expect(commands).toEqual([['ip', 'link', 'set', 'dev', 'weave', 'mtu', '1376']])
})

const RESIZE = `
import io, weave_mend
answer = []
class Module:
    params = {'bridge': 'weave'}
    def run_command(self, argv, check_rc): answer.append(argv)
weave_mend.open = lambda path: io.StringIO('{"bridge": {"mtu": 1376}}' if path == '/etc/weave/agent-config.json' else '')
weave_mend.resize_bridge(Module())
`
