import { parseIpOnNetwork } from '../../../../src/base/ip-address.ts'
import { splitWords } from '../../../../src/cli/weave/container-commands.ts'
import { addressLine } from '../../../../src/cli/weave/container-tools.ts'
import { restoreText } from '../../../../src/cli/weave/proxy-commands.ts'
import { acceptedBy } from '../../base/outcome.ts'

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

  it('addresses are printed on one line without prefix lengths', () => {
    const addresses = ['10.2.1.1/24', '10.3.0.1/16'].map(text => acceptedBy(parseIpOnNetwork(text)))
    expect(addressLine(addresses)).toBe('10.2.1.1 10.3.0.1\n')
  })
})

describe('env --restore', () => {
  it('brings back what was there, or nothing', () => {
    expect(restoreText({ ORIG_DOCKER_HOST: 'tcp://a:1' })).toBe(
      'export DOCKER_HOST=tcp://a:1; unset ORIG_DOCKER_HOST\n',
    )
    expect(restoreText({ ORIG_DOCKER_HOST: '' })).toBe('unset DOCKER_HOST; unset ORIG_DOCKER_HOST\n')
    expect(restoreText({ ORIG_DOCKER_HOST: '$(reboot)' })).toContain("'$(reboot)'")
    expect(() => restoreText({})).toThrow('nothing to restore')
  })
})
