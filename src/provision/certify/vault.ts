import { UserError } from '../../base/user-error.ts'
import { runTool } from '../ansible/run-tool.ts'
import type { VaultPassword } from './vault-password.ts'

/** Plain text passes through pipes only: never through argv, the environment or a file. */
export async function encrypt(text: string, password: VaultPassword): Promise<string> {
  const chosen = password.file === undefined ? [] : ['--encrypt-vault-id', 'default']
  const argv = ['ansible-vault', 'encrypt', ...chosen, '--output', '-', '-'] as const
  const result = await runTool(argv, { input: text, environment: settingsOf(password) })
  if (result.exitCode === 0 && result.stdout.startsWith('$ANSIBLE_VAULT;')) return result.stdout
  throw failure('encrypt the secrets of the cluster', result.stderr, password)
}

export async function decrypt(path: string, text: string, password: VaultPassword): Promise<string> {
  const argv = ['ansible-vault', 'decrypt', '--output', '-', '-'] as const
  const result = await runTool(argv, { input: text, environment: settingsOf(password) })
  if (result.exitCode === 0) return result.stdout
  throw failure(`decrypt ${path}`, result.stderr, password)
}

/** In place of what the user's own configuration names: beside it, Ansible would not know which of the two to encrypt with. */
function settingsOf({ file }: VaultPassword): Readonly<Record<string, string>> {
  return file === undefined ? {} : { ANSIBLE_VAULT_PASSWORD_FILE: file }
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
