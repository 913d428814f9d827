import { helpWords } from '../../../../src/cli/help/help-words.ts'
import { createProgram } from '../../../../src/cli/provision/program.ts'
import { createContext } from '../../../../src/cli/weave/context.ts'
import { createProgram as createWeave } from '../../../../src/cli/weave/program.ts'
import { NOWHERE } from '../nowhere.ts'

describe('help', () => {
  it.each([
    ['help lab cut', 'lab cut --help'],
    ['help plan', 'plan --help'],
    ['plan --help', 'plan --help'],
    ['shell web1 -- ls --help', 'shell web1 -- ls --help'],
    ['help', 'help'],
    ['lab help cut', 'lab help cut'],
    ['help --help', '--help --help'],
    ['help help', 'help'],
    ['help help plan', 'plan --help'],
    ['lab help help', 'lab help'],
    ['shell web1 -- help help', 'shell web1 -- help help'],
  ])('of a command is its own: %s', (words, expected) => {
    expect(helpWords(createProgram(), words.split(' ')).join(' ')).toBe(expected)
  })

  it.each([
    ['help pla', 'pla'],
    ['pla --help', 'pla'],
    ['help lab kut', 'lab kut'],
    ['lab kut -h', 'lab kut'],
  ])('of what is no command is left to the error that it is: %s', (words, expected) => {
    expect(helpWords(createProgram(), words.split(' ')).join(' ')).toBe(expected)
  })

  it('is not what -h asks for behind a command that takes a name by it', () => {
    const weave = createWeave(createContext(NOWHERE, {}))
    const words = ['dns-add', '192.0.2.7', '-h', 'db.weave.local']
    expect(helpWords(weave, words)).toEqual(words)
  })
})
