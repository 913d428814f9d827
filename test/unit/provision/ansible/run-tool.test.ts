import { runTool } from '../../../../src/provision/ansible/run-tool.ts'

describe('a program on the control machine', () => {
  it('tells what it said and how it ended', async () => {
    const outcome = await runTool(['sh', '-c', 'cat; echo bad >&2; exit 3'], { input: 'given' })
    expect(outcome).toEqual({ exitCode: 3, stdout: 'given', stderr: 'bad\n' })
  })

  it.each([
    [
      'with its last words',
      'echo one >&2; echo asking the cloud >&2; exec sleep 60',
      '; its last words: asking the cloud',
    ],
    ['with none, when it said none', 'exec sleep 60', ''],
  ])('that does not end is ended, %s', async (_, script, words) => {
    const run = runTool(['sh', '-c', script], { timeoutMs: 1000 })
    await expect(run).rejects.toThrow(new RegExp(`^sh did not end within 1 s${words}$`))
  })

  it('that is missing is named', async () => {
    await expect(runTool(['no-such-program'])).rejects.toThrow('no-such-program is not installed')
  })
})
