import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, TLSSocket } from 'node:tls'
import { ensureIdentity } from '../../../../src/agent/host/identity.ts'
import { GuessLimiter } from '../../../../src/agent/password/guess-limiter.ts'
import { stretchPassword } from '../../../../src/agent/password/stretch.ts'
import { OpenAdmission } from '../../../../src/agent/transport/open-admission.ts'
import { selfSign } from '../../../../src/agent/transport/self-signed.ts'
import { wire } from './wire.ts'

const folder = mkdtempSync(join(tmpdir(), 'weave-admission-'))
const alice = ensureIdentity(join(folder, 'alice', 'identity.pem'))
const bob = ensureIdentity(join(folder, 'bob', 'identity.pem'))
const [good, bad] = [stretchPassword('good'), stretchPassword('bad')]

afterAll(() => rmSync(folder, { recursive: true }))

describe('a certificate that a host makes itself', () => {
  it('is one by Node’s parser, signed with the key that it shows', () => {
    const certificate = new X509Certificate(selfSign(alice))
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.subject).toBe('CN=weave')
    expect(Buffer.from(certificate.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))).toEqual(
      Buffer.from(alice.publicKey),
    )
  })
})

describe('an admission by password, over TLS', () => {
  it('gives each end the other’s key when they have the same password, and leaves what follows', async () => {
    const { proof, admitted, ends } = await meet([good], [good])
    expect(proof).toEqual({ kind: 'proven', publicKey: bob.publicKey })
    expect(admitted).toEqual({ ok: true, value: alice.publicKey })
    ends.dialled.write('and now the hello')
    const said = await new Promise(resolve => ends.accepted.once('data', bytes => resolve(String(bytes))))
    expect(said).toBe('and now the hello')
  })

  it('lets in whoever comes when neither end has a password', async () => {
    expect(await meet([], [])).toMatchObject({ proof: { kind: 'proven' }, admitted: { ok: true } })
  })

  it.each([
    ['wrong', [bad], [good], /^wrong password/, /^wrong password/],
    ['lacking', [], [good], /it asks for a password, and this host has none/, /it has no password/],
    ['of this end only', [good], [], /it has no password/, /it asks for a password, and this host has none/],
  ] as const)('tells both ends of a password that is %s', async (_, mine, theirs, here, there) => {
    const { proof, admitted } = await meet(mine, theirs)
    expect(proof).toMatchObject({ kind: 'refused', reason: expect.stringMatching(here), mayRetry: false })
    expect(admitted).toMatchObject({ ok: false, error: expect.stringMatching(there) })
  })

  it('tries the other password on another connection', async () => {
    expect((await meet([bad, good], [good])).proof).toMatchObject({ kind: 'refused', mayRetry: true })
    expect((await meet([bad, good], [good], { attempt: 1 })).proof).toMatchObject({ kind: 'proven' })
  })

  it('tests no more passwords after a few wrong ones', async () => {
    const limiter = new GuessLimiter(() => 0)
    const reasons: string[] = []
    for (let i = 0; i < 7; i++) {
      const { proof } = await meet([bad], [good], { limiter })
      reasons.push(proof.kind === 'refused' ? (proof.reason.split(':')[0] ?? '') : 'proven')
    }
    expect(reasons).toEqual([
      ...Array(5).fill('wrong password'),
      ...Array(2).fill('too many wrong passwords from there'),
    ])
  })

  it('lets who answers where it dials test no more passwords after a few wrong ones either, but whom it knows', async () => {
    let now = 0
    const answerLimiter = new GuessLimiter(() => now)
    const reasonFor = async (theirs: readonly Uint8Array[]) => {
      const { proof, admitted } = await meet([good], theirs, { answerLimiter })
      expect(proof.kind === 'proven').toBe(admitted.ok)
      return proof.kind === 'refused' ? (proof.reason.split(':')[0] ?? '') : 'proven'
    }
    const guess = async (times: number) => {
      const reasons: string[] = []
      for (let i = 0; i < times; i++) reasons.push(await reasonFor([bad]))
      return reasons
    }
    expect(await guess(7)).toEqual([
      ...Array(5).fill('wrong password'),
      ...Array(2).fill('too many wrong passwords from there'),
    ])
    expect(await reasonFor([good])).toBe('too many wrong passwords from there')
    expect(await reasonFor([])).toBe('it has no password, and this host asks for one')
    now = 10_000
    expect(await reasonFor([good])).toBe('proven')
    await guess(7)
    expect(await reasonFor([good])).toBe('proven')
  })
})

/** For a single meeting. */
function endless(): GuessLimiter {
  return new GuessLimiter(() => 0)
}

async function meet(
  mine: readonly Uint8Array[],
  theirs: readonly Uint8Array[],
  { attempt = 0, limiter = endless(), answerLimiter = endless() } = {},
) {
  const dialler = new OpenAdmission({ identity: alice, secrets: () => mine, limiter: endless(), answerLimiter })
  const acceptor = new OpenAdmission({ identity: bob, secrets: () => theirs, limiter, answerLimiter: endless() })
  const [near, far] = wire()
  const accepted = new TLSSocket(far as never, { ...acceptor.tls, isServer: true, requestCert: true })
  const dialled = connect({ socket: near as never, ...dialler.tls, checkServerIdentity: () => undefined })
  for (const socket of [accepted, dialled]) socket.on('error', () => undefined)
  const isSecure = (socket: TLSSocket, event: string) => new Promise(resolve => socket.once(event, resolve))
  await Promise.all([isSecure(dialled, 'secureConnect'), isSecure(accepted, 'secure')])
  const [proof, admitted] = await Promise.all([dialler.prove(dialled, attempt), acceptor.admit(accepted)])
  return { proof, admitted, ends: { dialled, accepted } }
}
