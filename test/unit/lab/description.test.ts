import { UserError } from '../../../src/base/user-error.ts'
import { describeLab } from '../../../src/lab/description.ts'
import { exampleLab, variables } from './examples.ts'

describe('the description of a lab', () => {
  it('an inventory without weave_lab is none', () => {
    expect(describeLab('/srv/lab', { alpha: { ansible_host: '192.0.2.1' } })).toBeUndefined()
  })

  it('a host gets an interface for each network, in their order', () => {
    const [edge] = exampleLab().hosts
    expect(edge?.interfaces).toEqual([
      { name: 'eth0', network: 'left', address: '10.77.1.13', prefix: 24 },
      { name: 'eth1', network: 'right', address: '10.77.2.13', prefix: 24 },
    ])
  })

  it('a host keeps its class and the files that it starts with', () => {
    const plain = exampleLab().hosts.find(host => host.name === 'plain')
    expect(plain).toMatchObject({ hostClass: 'sysvinit', files: { '/etc/default/docker': 'DOCKER_OPTS=\n' } })
  })

  it.each([
    ['a class that there is not', { class: 'windows' }, 'class is none of systemd, sysvinit'],
    ['a network that there is not', { networks: { middle: '10.77.3.1' } }, "there is no network 'middle'"],
    ['an address outside the network', { networks: { left: '10.77.2.12' } }, "10.77.2.12 is not in network 'left'"],
    ['an address that is none', { networks: { left: 'left' } }, "'left' is not an IPv4 address"],
    ['no network', { networks: {} }, 'is in no network'],
    ['an address of another host', { networks: { left: '10.77.1.13' } }, "10.77.1.13 belongs to 'edge' and 'plain'"],
    ['the address of the control machine', { networks: { left: '10.77.1.1' } }, 'belongs to the control machine'],
    ['a file outside the host', { files: { '/../etc/passwd': '' } }, 'is not an absolute path'],
  ])('%s is refused, with the variable to correct', (_, changes, cause) => {
    const problems = problemsOf(() => describeLab('/srv/lab', variables(changes)))
    expect(problems).toEqual([expect.objectContaining({ cause: expect.stringContaining(cause) })])
    expect(problems[0]?.remedy).toContain('in the inventory')
  })

  it('all that is wrong is told at once', () => {
    const problems = problemsOf(() => describeLab('/srv/lab', variables({ class: 'windows', networks: {} })))
    expect(problems).toHaveLength(2)
  })

  it.each(['control', '-a', 'a/b', 'x'.repeat(60)])('%s cannot be the name of a host', name => {
    const { plain } = variables()
    expect(() => describeLab('/srv/lab', { [name]: plain ?? {} })).toThrow('cannot be the name of a host')
  })
})

function problemsOf(work: () => unknown): UserError['problems'] {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return error.problems
    throw error
  }
  return []
}
