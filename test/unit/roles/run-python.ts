import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'

const ROLE = join(PROJECT_ROOT, 'roles/weave')

/** Stands for Ansible, which any Python may lack. Where the state of a host would be, in a folder that the test gives; and no owner is changed. */
const PREAMBLE = `
import json, os, sys, types
sys.path[:0] = ['${ROLE}/module_utils', '${ROLE}/library']
basic = types.ModuleType('ansible.module_utils.basic')
basic.AnsibleModule = None
for name in ('ansible', 'ansible.module_utils'):
    sys.modules[name] = types.ModuleType(name)
sys.modules['ansible.module_utils.basic'] = basic
for name in ('weave_refusal', 'weave_host', 'weave_network', 'weave_networking', 'weave_survey', 'weave_wire'):
    sys.modules['ansible.module_utils.' + name] = __import__(name)
import weave_host, weave_network
given = json.load(sys.stdin)
root = given.get('root', '/nonexistent')
weave_host.STATE = root + '/state'
weave_host.ORIGINALS = weave_host.STATE + '/originals'
weave_host.RECORD = weave_host.ORIGINALS + '/record.json'
os.chown = lambda path, user, group: None
`

/** Runs a piece of Python beside the modules of the role; what it puts into \`answer\` is returned. */
export function runPython(program: string, given: Readonly<Record<string, unknown>>): unknown {
  const output = execFileSync('python3', ['-B', '-c', `${PREAMBLE}\n${program}\nprint(json.dumps(answer))`], {
    input: JSON.stringify(given),
    encoding: 'utf8',
  })
  return JSON.parse(output)
}
