import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publicKeyOf } from '../../../../src/provision/certify/cluster-secrets.ts'
import { openSecrets, type SecretsInput } from '../../../../src/provision/certify/secrets-file.ts'

/** These run the real ansible-vault, as the program does. */
const TIMEOUT_MS = 60_000

let folder: string
beforeEach(() => {
  // Whoever runs the tests may have one of their own.
  delete process.env.ANSIBLE_VAULT_PASSWORD_FILE
  folder = mkdtempSync(join(tmpdir(), 'weave-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function open(change: Partial<SecretsInput> = {}) {
  const password = { fallback: join(folder, 'config', 'vault-password') }
  return openSecrets({ path: join(folder, 'vault.yml'), cluster: undefined, password, ...change })
}

it(
  'secrets are made once, kept encrypted, and found again',
  async () => {
    const first = await open()
    expect(first.notices).toEqual([expect.stringContaining(join(folder, 'config', 'vault-password'))])
    const text = readFileSync(join(folder, 'vault.yml'), 'utf8')
    expect(text).toMatch(/^\$ANSIBLE_VAULT;1\.\d;AES256\n/)
    expect(statSync(join(folder, 'vault.yml')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'config', 'vault-password')).mode & 0o777).toBe(0o600)

    const cluster = { id: first.secrets.clusterId, publicKey: publicKeyOf(first.secrets) }
    const second = await open({ cluster })
    expect(publicKeyOf(second.secrets)).toBe(publicKeyOf(first.secrets))
    expect(second.notices).toEqual([])
    expect(readFileSync(join(folder, 'vault.yml'), 'utf8')).toBe(text)
  },
  TIMEOUT_MS,
)

it(
  'the password may come from a command, which is asked each time and leaves no copy',
  async () => {
    const [command, asked] = [join(folder, 'ask-the-safe'), join(folder, 'asked')]
    writeFileSync(command, `#!/bin/sh\necho once >> ${asked}\necho from-the-safe\n`, { mode: 0o755 })
    const first = await open({ password: { file: command } })
    const cluster = { id: first.secrets.clusterId, publicKey: publicKeyOf(first.secrets) }
    expect((await open({ cluster, password: { file: command } })).secrets).toEqual(first.secrets)
    expect(readFileSync(asked, 'utf8').split('\n').length).toBeGreaterThan(2)
    expect(readdirSync(folder).sort()).toEqual(['ask-the-safe', 'asked', 'vault.yml'])
  },
  TIMEOUT_MS,
)

it(
  'the command line outranks a password that the environment names, also to encrypt with',
  async () => {
    const [named, given] = [join(folder, 'named'), join(folder, 'given')]
    writeFileSync(named, 'of the environment\n')
    writeFileSync(given, 'of the command line\n')
    process.env.ANSIBLE_VAULT_PASSWORD_FILE = named
    const { secrets } = await open({ password: { file: given } })
    const cluster = { id: secrets.clusterId, publicKey: publicKeyOf(secrets) }
    expect((await open({ cluster, password: { file: given } })).secrets).toEqual(secrets)
    await expect(open({ cluster, password: {} })).rejects.toThrow(`the vault password from ${named}`)
  },
  TIMEOUT_MS,
)

it(
  'a wrong password is refused, and nothing is lost',
  async () => {
    await open()
    const before = readFileSync(join(folder, 'vault.yml'), 'utf8')
    const wrong = join(folder, 'wrong')
    writeFileSync(wrong, 'wrong\n')
    await expect(open({ password: { file: wrong } })).rejects.toThrow(`the vault password from ${wrong} is wrong`)
    expect(readFileSync(join(folder, 'vault.yml'), 'utf8')).toBe(before)
  },
  TIMEOUT_MS,
)

it(
  'a lost password is told as such: one made anew could open nothing',
  async () => {
    await open()
    rmSync(join(folder, 'config'), { recursive: true })
    await expect(open()).rejects.toThrow(/nobody names the vault password/)
    expect(existsSync(join(folder, 'config'))).toBe(false)
  },
  TIMEOUT_MS,
)

it(
  'a check makes secrets for itself, and keeps nothing',
  async () => {
    expect((await open({ isCheck: true })).notices).toEqual([expect.stringContaining('placeholders')])
    expect(readdirSync(folder)).toEqual([])
  },
  TIMEOUT_MS,
)

it('a password file that is not there is refused', async () => {
  await expect(open({ password: { file: join(folder, 'nowhere') } })).rejects.toThrow('nowhere does not exist')
})

it(
  'a password that the environment names for Ansible is used, and none is made',
  async () => {
    const file = join(folder, 'named')
    writeFileSync(file, 'named\n')
    process.env.ANSIBLE_VAULT_PASSWORD_FILE = file
    await open()
    expect(existsSync(join(folder, 'config'))).toBe(false)
    delete process.env.ANSIBLE_VAULT_PASSWORD_FILE
    await expect(open({ password: { file } })).resolves.toMatchObject({ notices: [] })
  },
  TIMEOUT_MS,
)

it('secrets that the lock file knows of but that are missing are not made anew', async () => {
  const cluster = { id: 'x', publicKey: 'y' }
  await expect(open({ cluster })).rejects.toThrow(/vault\.yml, are missing/)
  expect(existsSync(join(folder, 'vault.yml'))).toBe(false)
})

it(
  'secrets of another cluster than the lock file knows are refused',
  async () => {
    await open()
    await expect(open({ cluster: { id: 'x', publicKey: 'y' } })).rejects.toThrow('belong to another cluster')
  },
  TIMEOUT_MS,
)
