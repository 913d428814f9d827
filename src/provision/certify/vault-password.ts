import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { runTool } from '../ansible/run-tool.ts'
import { writeAtomically } from '../files/atomic-write.ts'

export interface VaultPassword {
  /** What `ansible-vault` is told; undefined when its own configuration names the password. */
  readonly file: string | undefined
  /** For the user to read when something is wrong. */
  readonly source: string
  /** Set when the password was made for this run. */
  readonly created: string | undefined
}

export interface VaultPasswordOptions {
  /** Given on the command line. */
  readonly file?: string | undefined
  /** Where a password is made and kept when nobody names one. */
  readonly fallback?: string
  /** False where something is encrypted already: a password made here could not open it. */
  readonly mayCreate?: boolean
}

export function defaultPasswordFile(environment: NodeJS.ProcessEnv = process.env): string {
  const folder = environment.XDG_CONFIG_HOME || join(homedir(), '.config')
  return join(folder, 'weave-provision', 'vault-password')
}

/** The command line decides, then Ansible's configuration (its environment included), then a password made once for this user. */
export async function findVaultPassword(options: VaultPasswordOptions): Promise<VaultPassword> {
  const { file } = options
  if (file !== undefined) {
    if (existsSync(file)) return { file, source: file, created: undefined }
    const cause = `the vault password file ${file} does not exist`
    throw new UserError({ cause, remedy: 'correct --vault-password-file' }, EXIT_CODES.badInput)
  }
  const configured = await configuredPassword()
  if (configured !== undefined) return { file: undefined, source: configured, created: undefined }
  const fallback = options.fallback ?? defaultPasswordFile()
  const isThere = existsSync(fallback)
  if (!isThere && options.mayCreate === false) throw unknownPassword(fallback)
  if (!isThere) createPassword(fallback)
  return { file: fallback, source: fallback, created: isThere ? undefined : fallback }
}

function unknownPassword(fallback: string): UserError {
  const cause = `nobody names the vault password of the cluster's secrets, and ${fallback} does not exist`
  const remedy = 'give it with --vault-password-file, or copy that file from the machine where the cluster was made'
  return new UserError({ cause, remedy })
}

function createPassword(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeAtomically(path, `${randomBytes(32).toString('base64url')}\n`, 0o600)
}

/** Where ansible.cfg or ANSIBLE_VAULT_PASSWORD_FILE names a password; undefined when they do not. */
async function configuredPassword(): Promise<string | undefined> {
  // It outranks every file, and to ask Ansible takes as long as to open the vault.
  const named = process.env.ANSIBLE_VAULT_PASSWORD_FILE
  if (named !== undefined && named !== '') return `${named} (env: ANSIBLE_VAULT_PASSWORD_FILE)`
  const result = await runTool(['ansible-config', 'dump', '--only-changed', '--format', 'json'])
  const settings = result.exitCode === 0 ? (JSON.parse(result.stdout) as readonly Setting[]) : []
  const names = ['DEFAULT_VAULT_PASSWORD_FILE', 'DEFAULT_VAULT_IDENTITY_LIST']
  const found = settings.find(({ name, value }) => names.includes(name ?? '') && isGiven(value))
  return found === undefined ? undefined : `${String(found.value)} (${found.origin})`
}

interface Setting {
  readonly name?: string
  readonly origin?: string
  readonly value?: unknown
}

function isGiven(value: unknown): boolean {
  return typeof value === 'string' ? value !== '' : Array.isArray(value) && value.length > 0
}
