import { spawnSync } from 'node:child_process'
import { jest } from '@jest/globals'
import { Command } from 'commander'
import { weaveCompletion } from '../../../../src/cli/weave/completion.ts'
import { createContext } from '../../../../src/cli/weave/context.ts'
import { answerEmptily } from '../../../../src/cli/weave/empty-answers.ts'
import { weaveManPage } from '../../../../src/cli/weave/man-page.ts'
import { withoutOwnAddress } from '../../../../src/cli/weave/peer-arguments.ts'
import { createProgram } from '../../../../src/cli/weave/program.ts'
import { NOWHERE } from '../../cli/nowhere.ts'

const program = () => createProgram(createContext(NOWHERE, {}))

const TODAY = [
  ...['launch', 'connect', 'forget', 'run', 'start', 'restart', 'attach', 'detach', 'expose', 'hide', 'ps', 'status'],
  ...['report', 'dns-add', 'dns-remove', 'dns-lookup', 'dns-args', 'env', 'config', 'prime', 'rmpeer', 'reset', 'stop'],
  ...['setup', 'setup-cni', 'version', 'help', 'launch-proxy', 'stop-proxy', 'create-bridge', 'attach-bridge'],
  ...['bridge-type', 'docker-bridge-ip'],
]

const BEFORE = [
  ...['launch-router', 'launch-plugin', 'launch-dns', 'attach-router', 'proxy-env', 'proxy-config'],
  ...['stop-router', 'stop-plugin', 'stop-dns'],
]

describe('the command weave', () => {
  it('has every command that Weave had, in help, manual page and completion', () => {
    const manual = weaveManPage(program()).replaceAll('\\-', '-')
    const [, words = ''] = /^ {4}''\) words='([^']*)'/m.exec(weaveCompletion(program(), 'bash')) ?? []
    for (const name of TODAY) expect([name, manual]).toEqual([name, expect.stringContaining(`\n.SS "weave ${name} `)])
    for (const name of BEFORE) expect([name, manual]).toEqual([name, expect.stringContaining(`\n.B ${name}\n`)])
    expect(words.split(' ')).toEqual(expect.arrayContaining([...TODAY, ...BEFORE]))
  })

  it('makes the called command alone as among all others, and all for what it does not know', () => {
    const all = program().commands
    const textOf = (command: Command | undefined) => command?.createHelp().formatHelp(command, command.createHelp())
    for (const command of all) {
      const made = createProgram(createContext(NOWHERE, {}), command.name()).commands
      const found = made.find(one => one.name() === command.name())
      expect([command.name(), textOf(found)]).toEqual([command.name(), textOf(command)])
      if (TODAY.includes(command.name()) && command.name() !== 'version') expect(made.length).toBeLessThan(8)
    }
    for (const word of [undefined, 'help', '--help', 'lauch']) {
      const made = createProgram(createContext(NOWHERE, {}), word).commands
      expect(made.map(one => one.name())).toEqual(all.map(one => one.name()))
    }
  })

  it.each([
    [['help'], 0],
    [['--help'], 0],
    [['attach', '--help'], 0],
    [[], 1],
  ])('shows how it is used for %j, and ends with %d (CLI-24)', async (words, exitCode) => {
    const written = (['stdout', 'stderr'] as const).map(name =>
      jest.spyOn(process[name], 'write').mockReturnValue(true),
    )
    await expect(program().parseAsync(['node', 'weave', ...words])).rejects.toMatchObject({ exitCode })
    expect(written[exitCode]?.mock.calls.join()).toContain('Usage: weave ')
    jest.restoreAllMocks()
  })

  it.each([
    [['statsu'], ["error: unknown command 'statsu'", '(Did you mean status?)']],
    [
      ['attach', '--without-dsn'],
      ["error: unknown option '--without-dsn'", '(Did you mean --without-dns?)'],
    ],
  ])('tells what is wrong with %j, what is meant, and where help is: not all of it', async (words, said) => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    await expect(program().parseAsync(['node', 'weave', ...words])).rejects.toMatchObject({ exitCode: 1 })
    const remedy = 'remedy: `weave help` shows the commands, `weave COMMAND --help` what one of them takes'
    expect(written.mock.calls.join('').trim().split('\n')).toEqual([...said, remedy])
    written.mockRestore()
  })

  it.each(TODAY.filter(name => !['run', 'start', 'restart', 'help'].includes(name)))(
    'answers in JSON when that is asked for: %s',
    name => {
      const command = program().commands.find(one => one.name() === name)
      expect(command?.options.map(({ long }) => long)).toContain('--json')
    },
  )

  it('answers with an empty object where it has nothing to say, once it is done', async () => {
    const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true)
    const silent = new Command('weave')
    const [done, failing] = ['stop', 'setup'].map(name => silent.command(name)) as [Command, Command]
    done.action(() => undefined)
    failing.action(() => {
      throw new Error('not done')
    })
    answerEmptily(silent)
    await silent.parseAsync(['node', 'weave', 'stop', '--json'])
    await silent.parseAsync(['node', 'weave', 'stop'])
    await expect(silent.parseAsync(['node', 'weave', 'setup', '--json'])).rejects.toThrow('not done')
    expect(written.mock.calls).toEqual([['{}\n']])
    written.mockRestore()
  })

  it('helps with commands by their older names too', async () => {
    const written = jest.spyOn(process.stdout, 'write').mockReturnValue(true)
    await expect(program().parseAsync(['node', 'weave', 'help', 'launch-router'])).rejects.toMatchObject({
      exitCode: 0,
    })
    expect(written.mock.calls.join()).toContain('the old name of `weave launch`')
    written.mockRestore()
  })

  it('completes its commands, and the topics of status', () => {
    const script = weaveCompletion(program(), 'bash')
    expect(script).toMatch(/'status'\) words='peers connections paths targets dns ipam --json -v --verbose --wait /)
    expect(script).toContain('complete -o filenames -F _weave weave')
  })

  it('has a manual page that groff has nothing to say against', () => {
    const groff = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-P-cbou'], {
      input: weaveManPage(program()),
      encoding: 'utf8',
    })
    expect(groff).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('weave attach ') })
  })
})

describe('peers as arguments', () => {
  it('leave out the address of its own that a router once had, with a warning', () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(withoutOwnAddress(['10.0.0.1/16', '192.0.2.1'])).toEqual(['192.0.2.1'])
    expect(withoutOwnAddress(['192.0.2.1'])).toEqual(['192.0.2.1'])
    expect(written.mock.calls.map(([text]) => text)).toEqual([
      "warning: '10.0.0.1/16' is ignored: a router needs no address of its own\n",
    ])
    written.mockRestore()
  })
})
