import { existsSync, readFileSync } from 'node:fs'
import { UserError } from '../../base/user-error.ts'
import { writeAtomically } from '../files/atomic-write.ts'
import type { LockedCluster } from '../plan/lock.ts'
import { type ClusterSecrets, createSecrets, formatSecrets, parseSecrets, publicKeyOf } from './cluster-secrets.ts'
import { placeholderSecrets } from './placeholders.ts'
import { decrypt, encrypt } from './vault.ts'
import { findVaultPassword, type VaultPasswordOptions } from './vault-password.ts'

export interface SecretsInput {
  readonly path: string
  /** The cluster that the lock file knows. */
  readonly cluster: LockedCluster | undefined
  /** Secrets that are not there yet are made, but not kept. */
  readonly isCheck?: boolean
  readonly password: VaultPasswordOptions
}

export interface SecretsOutcome {
  readonly secrets: ClusterSecrets
  /** What the user ought to know. */
  readonly notices: readonly string[]
}

/** Opens the cluster's secrets, or makes them when the cluster has none yet. Never writes over a file that is there. */
export async function openSecrets(input: SecretsInput): Promise<SecretsOutcome> {
  const isThere = existsSync(input.path)
  if (!isThere && input.cluster !== undefined) throw lost(input.path)
  if (!isThere && input.isCheck === true) return { secrets: placeholderSecrets(), notices: [MADE_UP] }
  const password = await findVaultPassword({ ...input.password, mayCreate: !isThere })
  const notices = password.created === undefined ? [] : [noticeOf(password.created)]
  if (!isThere) {
    const secrets = createSecrets()
    writeAtomically(input.path, await encrypt(formatSecrets(secrets), password), 0o600)
    return { secrets, notices }
  }
  const parsed = parseSecrets(await decrypt(input.path, readFileSync(input.path, 'utf8'), password))
  if (!parsed.ok) throw damaged(input.path, parsed.error)
  if (input.cluster !== undefined && publicKeyOf(parsed.value) !== input.cluster.publicKey) throw foreign(input.path)
  return { secrets: parsed.value, notices }
}

/** Reads, changes and writes them, in one piece. Returns what is there afterwards. */
export async function changeSecrets(
  input: SecretsInput,
  change: (secrets: ClusterSecrets) => ClusterSecrets,
): Promise<ClusterSecrets> {
  const { secrets } = await openSecrets(input)
  const changed = change(secrets)
  if (changed === secrets) return secrets
  const password = await findVaultPassword({ ...input.password, mayCreate: false })
  writeAtomically(input.path, await encrypt(formatSecrets(changed), password), 0o600)
  return changed
}

const MADE_UP = 'The cluster has no keys yet: what follows from them is shown with placeholders.'

function noticeOf(passwordFile: string): string {
  return `A vault password for the cluster's secrets was made: ${passwordFile}. Keep a copy in a safe place.`
}

function lost(path: string): UserError {
  const remedy = "restore it from a backup; or remove 'cluster' from the lock file to begin a new cluster with new keys"
  return new UserError({ cause: `the secrets of the cluster, ${path}, are missing`, remedy })
}

function damaged(path: string, error: string): UserError {
  const remedy = 'restore it from version control or a backup; it is left as it is'
  return new UserError({ cause: `the secrets of the cluster, ${path}, are damaged: ${error}`, remedy })
}

function foreign(path: string): UserError {
  const remedy = 'restore the lock file and the secrets from the same state'
  return new UserError({ cause: `the secrets in ${path} belong to another cluster than the lock file`, remedy })
}
