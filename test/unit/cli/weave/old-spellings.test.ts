import { jest } from '@jest/globals'
import { withoutOldSpellings } from '../../../../src/cli/weave/old-spellings.ts'

let written: string[]
beforeEach(() => {
  written = []
  jest.spyOn(process.stderr, 'write').mockImplementation(text => {
    written.push(String(text))
    return true
  })
})
afterEach(() => jest.restoreAllMocks())

function modern(words: string, environment: NodeJS.ProcessEnv = {}): string | undefined {
  return withoutOldSpellings(['node', 'weave', ...words.split(' ').filter(word => word !== '')], environment)
    ?.slice(2)
    .join(' ')
}

describe('old spellings', () => {
  it.each([
    ['launch-router 10.0.0.2', 'launch 10.0.0.2'],
    ['stop-router', 'stop'],
    ['proxy-env', 'env'],
    ['proxy-config', 'config'],
    ['launch -password x 10.0.0.2', 'launch --password x 10.0.0.2'],
    ['launch -iprange 10.2.0.0/16', 'launch --ipalloc-range 10.2.0.0/16'],
    ['launch --iprange=10.2.0.0/16', 'launch --ipalloc-range=10.2.0.0/16'],
    ['launch -initpeercount 3', 'launch --init-peer-count 3'],
    ['launch -nodiscovery -connlimit 5', 'launch --no-discovery --conn-limit 5'],
    ['launch -debug', 'launch --log-level=debug'],
    ['launch-proxy --no-default-ipam', 'launch-proxy --no-default-ipalloc'],
    ['launch-proxy -tls -debug', 'launch-proxy --tls --log-level=debug'],
    ['launch --plugin=false --proxy=true', 'launch --no-plugin --proxy'],
  ])('%j is %j, with a warning that names it (OLD-04, OLD-05, OLD-08, OLD-09)', (old, today) => {
    expect(modern(old)).toBe(today)
    if (!old.includes('--plugin')) expect(written.join('')).toMatch(/^warning: '.*' is the old (name|spelling) of /)
  })

  it('are left out where they have no meaning any more, with the value that they came with', () => {
    expect(modern('launch --wait 20 --with-dns -iface=eth0 10.0.0.2')).toBe('launch 10.0.0.2')
    expect(modern('launch-proxy --with-dns -H tcp://0.0.0.0:9999')).toBe('launch-proxy -H tcp://0.0.0.0:9999')
    expect(written).toHaveLength(4)
  })

  it('are not looked for where any text may stand', () => {
    expect(modern('launch --password -iprange -nickname --debug')).toBe('launch --password -iprange --nickname --debug')
    expect(modern('launch --password=false')).toBe('launch --password=false')
    expect(modern('run -password x')).toBe('run -password x')
  })

  it('leave the words of today as they are, and say nothing', () => {
    expect(modern('launch --ipalloc-range 10.2.0.0/16 -H tcp://x --no-dns')).toBe(
      'launch --ipalloc-range 10.2.0.0/16 -H tcp://x --no-dns',
    )
    expect(modern('')).toBe('')
    expect(written).toEqual([])
  })

  it('of commands that run on the host itself are the commands (CLI-28)', () => {
    expect(modern('--local launch-router')).toBe('launch')
    expect(modern('--local status')).toBe('status')
  })

  it.each(['launch-plugin', 'stop-plugin', 'launch-dns', 'stop-dns'])(
    '%s has nothing left to do, and says so',
    word => {
      expect(modern(`${word} -H tcp://0.0.0.0:9999`)).toBeUndefined()
      expect(written.join('')).toContain(`'${word}' does nothing`)
    },
  )
})

describe('the environment of launch', () => {
  it('stands for flags, which count before it', () => {
    const environment = { WEAVE_PORT: '7000', WEAVE_HTTP_ADDR: '127.0.0.1:6784', WEAVE_STATUS_ADDR: '' }
    expect(modern('launch --port 8000', environment)).toBe('launch --port 7000 --http-addr 127.0.0.1:6784 --port 8000')
    expect(modern('status', environment)).toBe('status')
    expect(modern('launch-proxy', environment)).toBe('launch-proxy')
  })

  it('is answered where it has no meaning any more', () => {
    expect(modern('launch', { WEAVE_DOCKER_ARGS: '--memory 1g' })).toBe('launch')
    expect(written).toEqual([
      'warning: WEAVE_DOCKER_ARGS has no effect: the router is a program of the host, and no container\n',
    ])
  })
})
