import { confirm } from '../../../src/cli/provision/confirm.ts'

const ask = async (question: string) => {
  throw new Error(`asked: ${question}`)
}

describe('a change of hosts', () => {
  it('is asked about on a terminal', async () => {
    await expect(confirm('Go ahead?', { isGiven: false, hasTerminal: true, ask })).rejects.toThrow('asked: Go ahead?')
  })

  it('is refused where there is nobody to ask, with what can be said', async () => {
    const refusal = confirm('Go ahead?', { isGiven: false, hasTerminal: false, ask })
    await expect(refusal).rejects.toMatchObject({
      exitCode: 2,
      problems: [{ cause: expect.stringContaining('there is no terminal to ask'), remedy: 'give --yes' }],
    })
  })

  it.each([true, false])('that was agreed to is not asked about, terminal or not: %s', async hasTerminal => {
    await expect(confirm('Go ahead?', { isGiven: true, hasTerminal, ask })).resolves.toBeUndefined()
  })
})
