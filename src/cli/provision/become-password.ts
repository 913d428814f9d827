import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'

/** Asked once for all runs of Ansible, and kept in a file for the user's eyes only while they last. */
export async function withBecomePassword<T>(
  isAsked: boolean,
  work: (file: string | undefined) => Promise<T>,
): Promise<T> {
  if (!isAsked) return work(undefined)
  const password = await ask('BECOME password: ')
  const folder = mkdtempSync(join(tmpdir(), `weave-provision-${process.pid}-`))
  try {
    const file = join(folder, 'become')
    writeFileSync(file, `${password}\n`, { mode: 0o600 })
    return await work(file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Without an echo. */
async function ask(prompt: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    const remedy = 'run it on a terminal, or set ansible_become_password in a vaulted file of the inventory'
    throw new UserError({ cause: '--ask-become-pass needs a terminal', remedy }, EXIT_CODES.badInput)
  }
  stderr.write(prompt)
  stdin.setRawMode(true)
  try {
    let typed = ''
    for await (const chunk of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      for (const letter of chunk.toString('utf8')) {
        if (letter === '\r' || letter === '\n') return typed
        if (letter === '\u0003') throw new UserError({ cause: 'interrupted', remedy: 'run it again' })
        typed = letter === '\u007f' ? typed.slice(0, -1) : typed + letter
      }
    }
    return typed
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}
