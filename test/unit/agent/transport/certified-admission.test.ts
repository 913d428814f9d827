import { createPublicKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { connect, TLSSocket } from 'node:tls'
import { type Identity, rawPublicKey } from '../../../../src/agent/host/identity.ts'
import { CertifiedAdmission } from '../../../../src/agent/transport/certified-admission.ts'
import type { Credentials } from '../../../../src/agent/transport/credentials.ts'
import { selfSign } from '../../../../src/agent/transport/self-signed.ts'
import { clusterCertificate, hostCertificate } from '../../../../src/provision/certify/x509.ts'
import { wire } from './wire.ts'

const [oldKey, newKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const NOT_OURS = 'it showed no certificate of this cluster'

const cluster = newKeyPair()
const stranger = newKeyPair()
const [alice, bob] = [newKeyPair(), newKeyPair()]
const [ca, foreignCa] = await Promise.all([cluster, stranger].map(clusterCertificate))

describe('an admission by certificates, over TLS', () => {
  it('gives each end the key that the cluster vouches for', async () => {
    const { greeting, proof, admitted } = await meet(await member(alice), await member(bob))
    expect(greeting).toBeUndefined()
    expect(proof).toEqual({ kind: 'proven', publicKey: rawOf(bob) })
    expect(admitted).toEqual({ ok: true, value: rawOf(alice) })
  })

  it.each([
    ['is over', { notAfter: '20010101000000Z' }],
    ['has not begun', { notBefore: '490101000000Z' }],
  ])('does not ask the clock: by it, the time of both certificates %s', async (_, dates) => {
    const { proof, admitted } = await meet(await member(alice, dates), await member(bob, dates))
    expect(proof.kind).toBe('proven')
    expect(admitted?.ok).toBe(true)
  })

  it.each([
    ['is of another cluster', () => hostCertificate(stranger, base64Of(bob))],
    [
      'is of another cluster and out of date',
      async () => withDates(await hostCertificate(stranger, base64Of(bob)), stranger, { notAfter: '20010101000000Z' }),
    ],
    ['is signed by the host itself', async () => selfSign(identityOf(bob))],
  ])('lets in nobody whose certificate %s', async (_, certify) => {
    const honest = await member(alice)
    const foreign = { ...(await member(bob)), certificatePem: await certify() }
    expect((await meet(honest, foreign)).proof).toEqual({ kind: 'refused', reason: NOT_OURS, mayRetry: false })
    expect((await meet(foreign, honest)).admitted).toEqual({ ok: false, error: NOT_OURS })
  })

  it('lets in nobody who shows no certificate', async () => {
    const { admitted } = await meet(await member(alice), await member(bob), { isShown: false })
    expect(admitted).toEqual({ ok: false, error: NOT_OURS })
  })

  it('verifies by the cluster that this host is of, not by what it trusts else', async () => {
    const [honest, moved] = [await member(alice), { ...(await member(bob)), clusterCertificatePem: foreignCa ?? '' }]
    const { proof, admitted } = await meet(moved, honest)
    expect(proof.kind).toBe('refused')
    expect(admitted?.ok).toBe(true)
  })
})

describe('a change of the admission key', () => {
  it.each([
    ['the old one, where that is still the first', [oldKey], [oldKey, newKey]],
    ['the old one, where the new one has become the first', [oldKey, newKey], [newKey, oldKey]],
    ['the new one, where the old one is still the first', [newKey, oldKey], [oldKey, newKey]],
    ['the new one, where the old one is dropped', [newKey, oldKey], [newKey]],
  ])('lets in who shows %s', async (_, shown, valid) => {
    const { greeting, proof, admitted } = await meet(await member(alice, {}, shown), await member(bob, {}, valid))
    expect(greeting).toBeUndefined()
    expect(proof.kind).toBe('proven')
    expect(admitted?.ok).toBe(true)
  })

  it.each([
    ['the old one, where it is dropped', [oldKey, newKey], [newKey]],
    ['the new one, where it has not been heard of', [newKey, oldKey], [oldKey]],
  ])('keeps out who shows %s', async (_, shown, valid) => {
    expect(await greet(await member(alice, {}, shown), await member(bob, {}, valid))).toBe('no valid preface')
  })
})

interface Dates {
  readonly notBefore?: string
  readonly notAfter?: string
}

async function member(key: KeyObject, dates: Dates = {}, keys: readonly Buffer[] = [oldKey]): Promise<Credentials> {
  const [admissionKey = oldKey, ...furtherAdmissionKeys] = keys
  return {
    privateKeyPem: pemOf(key),
    certificatePem: withDates(await hostCertificate(cluster, base64Of(key)), cluster, dates),
    clusterCertificatePem: withDates(ca ?? '', cluster, dates),
    admissionKey,
    furtherAdmissionKeys,
  }
}

/** `isShown`: the dialling end shows its certificate. */
async function meet(mine: Credentials, theirs: Credentials, { isShown = true } = {}) {
  const [dialler, acceptor] = [new CertifiedAdmission(mine), new CertifiedAdmission(theirs)]
  const [near, far] = wire()
  dialler.approach(near as never)
  const greeting = await acceptor.greet(far as never)
  const accepted = new TLSSocket(far as never, { ...acceptor.tls, isServer: true, requestCert: true })
  const { key: _, cert: __, ...bare } = dialler.tls
  const dialled = connect({
    socket: near as never,
    ...(isShown ? dialler.tls : bare),
    checkServerIdentity: () => undefined,
  })
  for (const socket of [accepted, dialled]) socket.on('error', () => undefined)
  const isSecure = (socket: TLSSocket, event: string) => new Promise(resolve => socket.once(event, resolve))
  await Promise.all([isSecure(dialled, 'secureConnect'), isSecure(accepted, 'secure')])
  const [proof, admitted] = await Promise.all([dialler.prove(dialled), acceptor.admit(accepted)])
  return { greeting, proof, admitted }
}

async function greet(mine: Credentials, theirs: Credentials): Promise<string | undefined> {
  const [near, far] = wire()
  new CertifiedAdmission(mine).approach(near as never)
  return new CertifiedAdmission(theirs).greet(far as never)
}

/** The certificate with other dates of the same length, signed anew: Ed25519's signature is the last 64 bytes. */
function withDates(pem: string, issuer: KeyObject, { notBefore, notAfter }: Dates): string {
  const der = Buffer.from(new X509Certificate(pem).raw)
  if (notBefore !== undefined) der.write(notBefore, der.indexOf('700101000000Z'))
  if (notAfter !== undefined) der.write(notAfter, der.indexOf('99991231235959Z'))
  sign(null, der.subarray(4, 8 + der.readUInt16BE(6)), issuer).copy(der, der.length - 64)
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
}

function newKeyPair(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey
}

function identityOf(key: KeyObject): Identity {
  return { privateKeyPem: pemOf(key), publicKey: rawOf(key), seed: new Uint8Array(32) }
}

function rawOf(key: KeyObject): Uint8Array {
  return rawPublicKey(createPublicKey(key))
}

function base64Of(key: KeyObject): string {
  return Buffer.from(rawOf(key)).toString('base64')
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string
}
