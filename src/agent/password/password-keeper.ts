import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { replaceFile } from '../host/atomic-file.ts'
import { readSecret } from '../host/secret-file.ts'
import { PASSWORDS_MAX, parsePasswords } from './password-text.ts'
import { stretchPassword } from './stretch.ts'

/** The passwords of a cluster without certificates: at most two, the preferred one first, in a file that only root reads. */
export class PasswordKeeper {
  readonly #path: string
  #passwords: readonly string[]
  #secrets: readonly Uint8Array[]

  constructor(path: string) {
    this.#path = path
    this.#passwords = loadPasswords(path)
    this.#secrets = this.#passwords.map(stretchPassword)
  }

  get count(): number {
    return this.#passwords.length
  }

  /** Stretched. */
  get secrets(): readonly Uint8Array[] {
    return this.#secrets
  }

  /** From here on `password` is preferred; the former one stays valid beside it until it is dropped. May throw. */
  change(password: string): void {
    this.#set([password, ...this.#passwords.filter(other => other !== password)].slice(0, PASSWORDS_MAX))
  }

  /** Only the preferred password stays valid. False when there is no other. May throw. */
  dropOld(): boolean {
    if (this.#passwords.length < 2) return false
    this.#set(this.#passwords.slice(0, 1))
    return true
  }

  /** Takes up what the file says. */
  reload(): void {
    const passwords = loadPasswords(this.#path)
    if (passwords.join('\n') === this.#passwords.join('\n')) return
    this.#passwords = passwords
    this.#secrets = passwords.map(stretchPassword)
  }

  #set(passwords: readonly string[]): void {
    savePasswords(this.#path, passwords)
    this.#passwords = passwords
    this.#secrets = passwords.map(stretchPassword)
  }
}

/** Throws a `UserError` when the file is readable by others, or holds what is no password. */
export function loadPasswords(path: string): readonly string[] {
  const text = readSecret(path)
  return text === undefined || text.trim() === '' ? [] : parsePasswords(text, path)
}

/** May throw. */
export function savePasswords(path: string, passwords: readonly string[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  replaceFile(path, passwords.map(password => `${password}\n`).join(''), 0o600)
}
