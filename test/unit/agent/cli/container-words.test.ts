import { jest } from '@jest/globals'
import { parseInterfaceAddress } from '../../../../src/base/cidr.ts'
import { splitWords } from '../../../../src/cli/weave/container-commands.ts'
import { addressLine } from '../../../../src/cli/weave/container-tools.ts'
import { withoutOldSpellings } from '../../../../src/cli/weave/old-spellings.ts'
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
    const addresses = ['10.2.1.1/24', '10.3.0.1/16'].map(text => acceptedBy(parseInterfaceAddress(text)))
    expect(addressLine(addresses)).toBe('10.2.1.1 10.3.0.1\n')
  })
})

describe('old spellings', () => {
  it('of the router and the proxy are today’s commands', () => {
    expect(withoutOldSpellings(['node', 'weave', 'launch-router', '10.0.0.2'])).toEqual([
      'node',
      'weave',
      'launch',
      '10.0.0.2',
    ])
    expect(withoutOldSpellings(['node', 'weave', 'proxy-env'])).toEqual(['node', 'weave', 'env'])
    expect(withoutOldSpellings(['node', 'weave'])).toEqual(['node', 'weave'])
  })

  it.each(['launch-proxy', 'stop-proxy', 'launch-plugin', 'launch-dns'])(
    '%s has nothing left to do, and says so',
    word => {
      const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
      expect(withoutOldSpellings(['node', 'weave', word, '-H', 'tcp://0.0.0.0:9999'])).toBeUndefined()
      expect(written).toHaveBeenCalledWith(expect.stringContaining(`'${word}' does nothing`))
      written.mockRestore()
    },
  )
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
