import { createPrivateKey, sign, verify } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureIdentity, loadIdentity } from '../../../../src/agent/host/identity.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('the identity of a host', () => {
  const folder = useTemporaryFolder()

  it('is made once, in a folder and a file that nobody else can read', () => {
    const path = join(folder(), 'state', 'identity.pem')
    const first = ensureIdentity(path)
    expect(ensureIdentity(path)).toEqual(first)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder(), 'state')).mode & 0o777).toBe(0o700)
  })

  it('gives the raw halves of the key pair', () => {
    const identity = ensureIdentity(join(folder(), 'identity.pem'))
    expect([identity.seed.length, identity.publicKey.length]).toEqual([32, 32])
    const message = Buffer.from('message')
    const signature = sign(null, message, createPrivateKey(identity.privateKeyPem))
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), identity.publicKey])
    expect(verify(null, message, { key: spki, format: 'der', type: 'spki' }, signature)).toBe(true)
  })

  it('is refused, not replaced, when the file holds something else', () => {
    const path = join(folder(), 'identity.pem')
    writeFileSync(path, 'nonsense', { mode: 0o600 })
    expect(() => ensureIdentity(path)).toThrow(`${path} does not hold an Ed25519 private key`)
  })

  it('may be absent', () => {
    expect(loadIdentity(join(folder(), 'none'))).toBeUndefined()
  })
})
