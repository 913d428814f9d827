import type { Command } from 'commander'
import { createProgram } from '../../src/cli/provision/program.ts'
import { createContext } from '../../src/cli/weave/context.ts'
import { createProgram as createHostProgram } from '../../src/cli/weave/program.ts'
import { NOWHERE } from '../unit/cli/nowhere.ts'
import { type DocumentedCommand, documentedCommands } from './documented-commands.ts'
import { projectFiles } from './project-files.ts'
import { report } from './syntax.ts'

const documents = projectFiles().filter(file => file.path.endsWith('.md'))

describe('documented commands', () => {
  it.each([
    ['weave-provision', createProgram()],
    ['weave', createHostProgram(createContext(NOWHERE, {}))],
  ])('%s has each command and option that a document shows', (name, program) => {
    const shown = documents.flatMap(file => documentedCommands(file, name))
    expect(shown.length).toBeGreaterThan(10)
    expect(report(shown.flatMap(command => unknownPart(program, command)))).toEqual([])
  })
})

describe('the reader of documents', () => {
  it.each([
    ['    npx weave-provision plan -i hosts.yml       shows it', [['plan', '-i', 'hosts.yml']]],
    ['    npm ci && npx weave-provision up -i lab', [['up', '-i', 'lab']]],
    ['run `weave-provision lab exec a -- ls --all` or `ls`', [['lab', 'exec', 'a']]],
    ['weave-provision plan is not code here', []],
    ['`weave-provision`', []],
  ])('%j', (text, expected) => {
    const found = documentedCommands({ path: 'a.md', text }, 'weave-provision')
    expect(found.map(({ words }) => words)).toEqual(expected)
  })

  it.each([
    [['fly'], 'no command fly'],
    [['plan', '--fast'], 'no option --fast'],
  ])('%j is found out', (words, expected) => {
    const [finding] = unknownPart(createProgram(), { path: 'a.md', line: 1, words })
    expect(finding?.what).toContain(expected)
  })
})

function unknownPart(program: Command, { path, line, words }: DocumentedCommand) {
  let command = program
  const options = new Set(namesOfOptions(program))
  for (const word of words) {
    if (word.startsWith('-')) {
      const name = word.replace(/=.*/, '')
      if (!options.has(name)) return [{ path, line, what: `no option ${name} of ${command.name()}` }]
      continue
    }
    const child = command.commands.find(candidate => candidate.name() === word)
    if (child === undefined && command.commands.length > 0) {
      return [{ path, line, what: `no command ${word} of ${command.name()}` }]
    }
    if (child === undefined) continue
    command = child
    for (const name of namesOfOptions(command)) options.add(name)
  }
  return []
}

function namesOfOptions(command: Command): readonly string[] {
  const names = command.options.flatMap(option => [option.short, option.long])
  return [...names, '-h', '--help'].filter(name => name !== undefined && name !== null)
}
