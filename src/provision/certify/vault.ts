import { UserError } from '../../base/user-error.ts'
import { runTool } from '../ansible/run-tool.ts'
import type { VaultPassword } from './vault-password.ts'

/** Plain text passes through pipes only: never through argv, the environment or a file. */
export async function encrypt(text: string, password: VaultPassword): Promise<string> {
  const result = await runTool(['ansible-vault', 'encrypt', ...password.args, '--output', '-', '-'], { input: text })
  if (result.exitCode === 0 && result.stdout.startsWith('$ANSIBLE_VAULT;')) return result.stdout
  throw failure('encrypt the secrets of the cluster', result.stderr, password)
}

export async function decrypt(path: string, text: string, password: VaultPassword): Promise<string> {
  const result = await runTool(['ansible-vault', 'decrypt', ...password.args, '--output', '-', '-'], { input: text })
  if (result.exitCode === 0) return result.stdout
  throw failure(`decrypt ${path}`, result.stderr, password)
}

function failure(attempt: string, stderr: string, password: VaultPassword): UserError {
  const errors = /ERROR! ([\s\S]+)$/.exec(stderr)?.[1] ?? stderr
  const isWrongPassword = /Decryption failed|no vault secrets/i.test(errors)
  const reason = isWrongPassword ? `the vault password from ${password.source} is wrong` : errors.trim()
  const cause = `cannot ${attempt}: ${reason}`
  return new UserError({
    cause,
    remedy: 'give the right password with --vault-password-file; nothing has been changed',
  })
}
