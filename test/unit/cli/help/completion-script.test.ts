import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandTree } from '../../../../src/cli/help/command-tree.ts'
import { completionScript, type Shell } from '../../../../src/cli/help/completion-script.ts'
import { provisionManual } from '../../../../src/cli/provision/completion.ts'
import { createProgram } from '../../../../src/cli/provision/program.ts'
import { weaveCompletion } from '../../../../src/cli/weave/completion.ts'
import { createContext } from '../../../../src/cli/weave/context.ts'
import { createProgram as createWeave } from '../../../../src/cli/weave/program.ts'
import { NOWHERE } from '../nowhere.ts'

const QUESTIONS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['a command', ['ren'], ['render']],
  ['an option of a command', ['plan', '--off'], ['--offline']],
  ['an option behind an option with a value', ['plan', '-i', 'up', '--js'], ['--json']],
  ['a subcommand', ['lock', 'rel'], ['release']],
  ['the word of an argument', ['completion', 'ba'], ['bash']],
  ['a command that help is wanted on', ['help', 'ren'], ['render']],
  ['a subcommand that help is wanted on', ['lab', 'help', 'hea'], ['heal']],
  ['the value of an option', ['firewall', '--format', 'nf'], ['nftables']],
  ['the value of an option of that name of another command', ['export', '--format', 'prom'], ['prometheus']],
  ['an option behind an argument', ['up', 'monday.plan', '--can'], ['--canary']],
]

const QUESTIONS_ON_THE_HOST: typeof QUESTIONS = [
  ['a command', ['dns-l'], ['dns-lookup']],
  ['a command by its older name', ['launch-r'], ['launch-router']],
  ['an option of a command', ['attach', '--no-m'], ['--no-multicast-route']],
  ['an option behind an option with a value', ['launch', '--nickname', 'ps', '--no-dn'], ['--no-dns']],
  ['a topic of status', ['status', 'ip'], ['ipam']],
  ['the value of an option', ['launch', '--log-level', 'w'], ['warn']],
  ['how addresses begin', ['launch', '--ipalloc-init', 'con'], ['consensus']],
]

describe.each<[Shell, (script: string, words: readonly string[]) => string]>([
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
])('the completion for %s, in that shell, finds', (shell, complete) => {
  it.each(QUESTIONS)('%s of weave-provision', (_, words, expected) => {
    const script = completionScript(createProgram(), shell)
    expect(
      complete(script, ['weave-provision', ...words])
        .split('\n')
        .filter(Boolean),
    ).toEqual(expected)
  })

  it.each(QUESTIONS_ON_THE_HOST)('%s of weave', (_, words, expected) => {
    const script = weaveCompletion(createWeave(createContext(NOWHERE, {})), shell)
    expect(
      complete(script, ['weave', ...words])
        .split('\n')
        .filter(Boolean),
    ).toEqual(expected)
  })
})

const ASKED: typeof QUESTIONS = [
  ['containers', ['attach', 'net:default', 'we'], ['web1', 'web2']],
  ['containers that do not run', ['start', 'we'], ['web3']],
  ['targets', ['forget', '192.'], ['192.0.2.7:6783']],
  ['peers that are lost, but no words that a shell could take for more', ['rmpeer', ''], ['gone']],
  ['nothing where nothing is asked', ['add-range', 'we'], []],
]

describe.each<[Shell, typeof inBash]>([
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
])('the completion for %s asks for', (shell, complete) => {
  let folder: string
  const path = process.env.PATH
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'completion-'))
    writeProgram('docker', 'case "$*" in *exited*) echo web3 ;; *) printf "web1\\nweb2\\ndb\\n" ;; esac')
    const peers = [
      'm(self)',
      '   -> 192.0.2.7:6783 m(up) established',
      'm(gone) - unreachable!',
      'm($(id)) - unreachable!',
    ]
    writeProgram(
      'weave',
      `case "$2" in targets) echo 192.0.2.7:6783 ;; peers) printf '${peers.join('\\n')}\\n' ;; esac`,
    )
    process.env.PATH = `${folder}:${path}`
  })
  afterEach(() => {
    process.env.PATH = path
    rmSync(folder, { recursive: true })
  })

  it.each(ASKED)('%s', (_, words, expected) => {
    const script = weaveCompletion(createWeave(createContext(NOWHERE, {})), shell)
    const found = complete(script, ['weave', ...words.map(word => (word === '' ? "''" : word))])
    expect(found.split('\n').filter(word => word !== '' && !word.startsWith('-'))).toEqual(expected)
  })

  function writeProgram(name: string, text: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  }
})

describe('the completion finds files', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'completion-'))
    writeFileSync(join(folder, 'hosts.yml'), '')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it.each<[Shell, typeof inBash]>([
    ['bash', inBash],
    ['fish', inFish],
  ])('behind -i, in %s', (shell, complete) => {
    const script = completionScript(createProgram(), shell)
    expect(complete(script, ['weave-provision', 'plan', '-i', join(folder, 'ho')]).trim()).toBe(
      join(folder, 'hosts.yml'),
    )
  })
})

describe('the manual page', () => {
  const page = provisionManual(createProgram(), '1.2.3')
  const formatted = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', '-'], {
    input: page,
    encoding: 'utf8',
    env: { ...process.env, MANWIDTH: '120', MAN_KEEP_FORMATTING: '', PAGER: 'cat', MANPAGER: 'cat' },
  })

  it('is understood by man without a warning', () => {
    expect({ status: formatted.status, stderr: formatted.stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('shows every command with its options, and the exit codes', () => {
    for (const { path, options } of commandTree(createProgram())) {
      expect(formatted.stdout).toContain(`weave-provision ${path}`.trim())
      for (const { long } of options) expect(formatted.stdout).toContain(long)
    }
    expect(formatted.stdout).toMatch(/^EXIT STATUS\n +0 +done/m)
    expect(formatted.stdout).toContain('$ weave-provision plan -i hosts.yml --out monday.plan')
  })
})

function inBash(script: string, words: readonly string[]): string {
  const ask = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; ${functionOf(words)}; printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8', env: process.env })
}

/** Its completion system needs a terminal; what the function would offer is asked of the function, and matched as that would. */
function inZsh(script: string, words: readonly string[]): string {
  const ask = `
    compdef() { : }
    _describe() { print -rl -- \${(M)\${(@P)argv[-1]}:#$words[CURRENT]*} | cut -d: -f1 }
    compadd() { print -rl -- \${(M)\${(@P)argv[-1]}:#$words[CURRENT]*} }
    _files() { : }
    ${script}
    words=(${words.join(' ')}) CURRENT=${words.length}
    ${functionOf(words)}`
  return execFileSync('zsh', ['-f', '-c', ask], { encoding: 'utf8', env: process.env })
}

function inFish(script: string, words: readonly string[]): string {
  const answer = execFileSync('fish', ['--no-config', '-c', `${script}\ncomplete -C "${words.join(' ')}"`], {
    encoding: 'utf8',
    env: process.env,
  })
  return answer.replace(/\t.*/g, '')
}

/** Of the program that is completed. */
function functionOf([program = '']: readonly string[]): string {
  return `_${program.replace('-', '_')}`
}
