import { jest } from '@jest/globals'
import { Command } from 'commander'
import { addHistoricFlags, answerHistoricFlags, HISTORIC_FLAGS } from '../../../../src/cli/weave/historic-flags.ts'

let written: string[]
beforeEach(() => {
  written = []
  jest.spyOn(process.stderr, 'write').mockImplementation(text => {
    written.push(String(text))
    return true
  })
})
afterEach(() => jest.restoreAllMocks())

function launch(...words: readonly string[]): void {
  const command = addHistoricFlags(new Command('launch').exitOverride())
  command.parse([...words], { from: 'user' })
  answerHistoricFlags(command.opts())
}

describe('flags of the original that have no meaning here', () => {
  it.each(HISTORIC_FLAGS)('$flags is taken, and answered with the reason', ({ flags, isRefused, reason }) => {
    const words = flags.split(' ').map(word => (word.startsWith('<') ? 'value' : word))
    if (isRefused === true) {
      expect(() => launch(...words)).toThrow(
        expect.objectContaining({ problems: [expect.objectContaining({ remedy: reason })] }),
      )
    } else {
      launch(...words)
      expect(written).toEqual([`warning: ${words[0]} has no effect: ${reason}\n`])
    }
  })

  it('are not mentioned while nobody gives them', () => {
    launch()
    expect(written).toEqual([])
    expect(addHistoricFlags(new Command('launch')).helpInformation()).not.toContain('--bufsz')
  })
})
