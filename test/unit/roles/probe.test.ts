import { runPython } from './run-python.ts'

describe('a machine', () => {
  it.each([
    [
      'with a library that is old',
      ['glibc', '2.24'],
      true,
      'the host has glibc 2.24, and the Node.js that is shipped needs 2.28',
    ],
    ['with one that is just new enough', ['glibc', '2.28'], true, null],
    ['with a newer one', ['glibc', '2.36'], true, null],
    ['that does not say', ['', ''], true, null],
    ['with an old library and a Node.js of its own', ['glibc', '2.24'], false, null],
  ])('%s', (_, library, needsRuntime, refusal) => {
    const program = `import platform, weave_probe
platform.machine = lambda: 'x86_64'
try:
    weave_probe.refuse_unfit_machine(tuple(given['library']), given['needsRuntime'])
    answer = None
except weave_host.Refusal as refused:
    answer = refused.cause`
    expect(runPython(program, { library, needsRuntime })).toBe(refusal)
  })
})

it('rules of both families are read, of the programs that the host has', () => {
  const program = `import weave_examine
module = types.SimpleNamespace(
    get_bin_path=lambda tool: None if tool.endswith('-legacy') else '/sbin/' + tool,
    run_command=lambda argv: (0, 'rules of ' + argv[0], ''))
answer = weave_examine.firewalls_of(module)`
  expect(runPython(program, {})).toEqual({
    iptables: 'rules of iptables',
    'iptables-legacy': '',
    ip6tables: 'rules of ip6tables',
    'ip6tables-legacy': '',
  })
})

describe('ports of the fast path', () => {
  it('are told with the process that holds them, and not when the kernel does', () => {
    const program = `import weave_probe
weave_probe.sockets_on = lambda port, tables: {str(port)} if tables == ('udp', 'udp6') else set()
holders = {'6784': 'process 7 (flannel)', '6785': weave_probe.UNSEEN}
weave_probe.holder_of = lambda inodes: holders[inodes.pop()]
answer = weave_probe.busy_ports()`
    expect(runPython(program, {})).toEqual([{ port: 6784, holder: 'process 7 (flannel)' }])
  })
})

describe('a feature of the kernel', () => {
  it.each([
    ['that is tried and works', 0, true],
    ['that is tried and does not', 2, false],
  ])('%s', (_, code, expected) => {
    const program = `import types, weave_survey
calls = []
module = types.SimpleNamespace(
    get_bin_path=lambda tool: '/bin/' + tool,
    run_command=lambda argv: (calls.append(argv), (given['code'], '', ''))[1])
answer = [weave_survey.has_feature(module, 'no_such_module', ['ip', 'link']), calls]`
    expect(runPython(program, { code })).toEqual([expected, [['unshare', '-n', 'ip', 'link']]])
  })
})
