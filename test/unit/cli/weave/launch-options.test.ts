import { readFileSync } from 'node:fs'
import { jest } from '@jest/globals'
import { Command } from 'commander'
import { CONNECTIONS_MAX } from '../../../../src/agent/host/launch-record.ts'
import { loadHost } from '../../../../src/agent/host/load-host.ts'
import { StateStore } from '../../../../src/agent/host/state-store.ts'
import { createContext } from '../../../../src/cli/weave/context.ts'
import { addStandAloneOptions, recordOf } from '../../../../src/cli/weave/launch-options.ts'
import { NO_TARGETS } from '../../../../src/cli/weave/peer-arguments.ts'
import { prepareStandAlone } from '../../../../src/cli/weave/stand-alone.ts'
import { LINKS_MAX } from '../../../../src/core/wire/peer-record.ts'
import { useTemporaryFolder } from '../../agent/temporary-folder.ts'
import { NOWHERE } from '../nowhere.ts'

describe('the flags of a launch by hand', () => {
  const folder = useTemporaryFolder()
  afterEach(() => jest.restoreAllMocks())

  it('say that frames within trusted subnets are not encrypted (FLAG-02)', () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(recordOf({ trustedSubnets: '10.0.0.0/8,192.0.2.0/24' }).trustedSubnets).toEqual([
      '10.0.0.0/8',
      '192.0.2.0/24',
    ])
    expect(written.mock.calls.map(([text]) => text)).toEqual([
      'warning: between hosts of --trusted-subnets frames go in the clear, where both ends say so\n',
    ])
    expect(() => recordOf({ trustedSubnets: 'here' })).toThrow("'here' is not a network")
  })

  it('say where it listens, whom it dials and how many, and what people call it (FLAG-03, FLAG-04, FLAG-06, FLAG-07, FLAG-10)', () => {
    expect(parse()).toMatchObject({ listen: { ip: '::', port: 6783 }, discovery: true, connectionsMax: 200 })
    const words = ['--host', '192.0.2.1', '--port', '7000', '--no-discovery', '--conn-limit', '5', '--nickname', 'bee']
    expect(parse(...words)).toMatchObject({
      listen: { ip: '192.0.2.1', port: 7000 },
      discovery: false,
      connectionsMax: 5,
      nickname: 'bee',
    })
    for (const nickname of ['', 'n'.repeat(256), 'é'.repeat(128), 'a\nb']) {
      expect(() => parse('--nickname', nickname)).toThrow('is no nickname')
    }
    expect(() => parse('--host', 'here')).toThrow("'here' is not an IP address")
    expect(() => parse('--port', '0')).toThrow("'0' is no value for --port")
    expect(parse('--conn-limit', '1024')).toMatchObject({ connectionsMax: CONNECTIONS_MAX })
    expect(() => parse('--conn-limit', '1025')).toThrow("'1025' is no value for --conn-limit")
    expect(CONNECTIONS_MAX).toBe(LINKS_MAX)
  })

  it('say where else others may reach it, which they are told first of all (FLAG-47)', () => {
    expect(parse().advertise).toEqual([])
    const given = ['--advertise-address', '203.0.113.9,2001:DB8::9']
    expect(parse(...given).advertise).toEqual(['203.0.113.9', '2001:db8::9'])
    for (const address of ['here', '203.0.113.9:6783', '0.0.0.0', '127.0.0.1', '::', 'fe80::1', '224.0.0.1', 'ff02::1'])
      expect(() => parse('--advertise-address', address)).toThrow(`others cannot dial '${address}'`)
    const many = Array.from({ length: 9 }, (_, i) => `203.0.113.${i}`).join()
    expect(() => parse('--advertise-address', many)).toThrow('9 addresses are too many')
    const context = createContext(NOWHERE, { WEAVE_ROOT: folder() })
    jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    prepareStandAlone(context, { withoutPassword: true, advertiseAddress: '203.0.113.9' }, NO_TARGETS)
    expect(loadHost(context.paths).config.advertise[0]).toBe('203.0.113.9')
  })

  it('keep the peers of the last launch with --resume, and forget them without (FLAG-08)', () => {
    const context = createContext(NOWHERE, { WEAVE_ROOT: folder() })
    const warned = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    const targets = () => new StateStore(context.paths).targets([])
    const peer = { ip: '192.0.2.7', port: 6783 }
    const names = () => readFileSync(context.paths.namedTargets, 'utf8')
    const given = { endpoints: [peer], names: [{ name: 'home', port: 6783 }] }
    prepareStandAlone(context, { withoutPassword: true }, given)
    prepareStandAlone(context, { withoutPassword: true, resume: true }, NO_TARGETS)
    expect([targets(), names()]).toEqual([[peer], expect.stringContaining('"home"')])
    prepareStandAlone(context, { withoutPassword: true }, NO_TARGETS)
    expect([targets(), names()]).toEqual([[], '[]\n'])
    expect(warned.mock.calls.join()).toContain('the 1 peers of the last launch are forgotten')
  })

  it('that are refused change nothing', () => {
    const context = createContext(NOWHERE, { WEAVE_ROOT: folder() })
    jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    prepareStandAlone(context, { password: 'correct horse battery staple' }, NO_TARGETS)
    const before = readFileSync(context.paths.password, 'utf8')
    const wrong = { withoutPassword: true, nickname: '' }
    expect(() => prepareStandAlone(context, wrong, NO_TARGETS)).toThrow('"" is no nickname')
    expect(readFileSync(context.paths.password, 'utf8')).toBe(before)
  })

  function parse(...words: readonly string[]) {
    const command = addStandAloneOptions(new Command('launch')).exitOverride()
    return recordOf(command.parse([...words], { from: 'user' }).opts())
  }
})
