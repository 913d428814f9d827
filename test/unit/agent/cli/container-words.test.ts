import { parseIpOnNetwork } from '../../../../src/base/ip-address.ts'
import { splitWords } from '../../../../src/cli/weave/container-commands.ts'
import { addressLine } from '../../../../src/cli/weave/container-tools.ts'
import { createContext } from '../../../../src/cli/weave/context.ts'
import { createProgram } from '../../../../src/cli/weave/program.ts'
import { restoreText } from '../../../../src/cli/weave/proxy-commands.ts'
import { acceptedBy } from '../../base/outcome.ts'
import { NOWHERE } from '../../cli/nowhere.ts'

describe('the words of commands for containers', () => {
  it('end with the container, after its addresses', () => {
    expect(splitWords(['10.2.1.1/24', 'net:default', 'web'])).toEqual({
      addresses: ['10.2.1.1/24', 'net:default'],
      container: 'web',
    })
    expect(splitWords(['web'])).toEqual({ addresses: [], container: 'web' })
  })

  it.each([[['10.2.1.1/24']], [['web', 'db']], [['net:default']]])('%j are refused', words => {
    expect(() => splitWords(words)).toThrow(expect.objectContaining({ exitCode: 1 }))
  })

  it('leave the container alone that follows --add-host (CLI-06)', () => {
    const attach = () => {
      const program = createProgram(createContext(NOWHERE, {}))
      const found = program.commands.find(command => command.name() === 'attach')
      if (found === undefined) throw new Error('no command attach')
      return found
    }
    const once = attach()
    expect(once.parseOptions(['10.0.1.3/24', '--add-host', 'db:10.0.0.9', 'c3']).operands).toEqual([
      '10.0.1.3/24',
      'c3',
    ])
    expect(once.opts()).toMatchObject({ addHost: ['db:10.0.0.9'] })
    const twice = attach()
    expect(twice.parseOptions(['--add-host', 'db:10.0.0.9', '--add-host=x:10.0.0.8', 'c3']).operands).toEqual(['c3'])
    expect(twice.opts()).toMatchObject({ addHost: ['db:10.0.0.9', 'x:10.0.0.8'] })
  })

  it('addresses are printed on one line without prefix lengths', () => {
    const addresses = ['10.2.1.1/24', '10.3.0.1/16'].map(text => acceptedBy(parseIpOnNetwork(text)))
    expect(addressLine(addresses)).toBe('10.2.1.1 10.3.0.1\n')
    expect(addressLine([])).toBe('')
  })
})

describe('env --restore', () => {
  it('brings back what was there, or nothing (CLI-14, ENV-17)', () => {
    expect(restoreText({ ORIG_DOCKER_HOST: 'tcp://a:1' })).toBe(
      'export DOCKER_HOST=tcp://a:1; unset ORIG_DOCKER_HOST\n',
    )
    expect(restoreText({ ORIG_DOCKER_HOST: '' })).toBe('unset DOCKER_HOST; unset ORIG_DOCKER_HOST\n')
    expect(restoreText({ ORIG_DOCKER_HOST: '$(reboot)' })).toContain("'$(reboot)'")
    expect(() => restoreText({})).toThrow('nothing to restore')
  })
})
