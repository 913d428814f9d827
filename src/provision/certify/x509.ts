import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, webcrypto } from 'node:crypto'
import { assert } from '../../base/assert.ts'

const ALGORITHM = { name: 'Ed25519' }

/** Tells a stranger nothing. */
const SUBJECT = 'CN=weave'

/**
 * All days that a clock may show, right or wrong, and no end (RFC 5280, section 4.1.2.5): the manifest says who is a member today.
 * Fixed, so that a certificate depends on its keys alone.
 */
const NOT_BEFORE = new Date('1970-01-01T00:00:00Z')
const NOT_AFTER = new Date('9999-12-31T23:59:59Z')

/** Ed25519 signs without chance, so the same keys give the same certificate to the byte. */
export async function clusterCertificate(privateKey: KeyObject): Promise<string> {
  const x509 = await loadLibrary()
  const keys = await importPair(privateKey)
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialFor(keys.raw),
    name: SUBJECT,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    signingAlgorithm: ALGORITHM,
    keys: { privateKey: keys.privateKey, publicKey: keys.publicKey },
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

/**
 * Certifies hosts with the cluster's key. All that differs from host to host has a fixed length and stands in fixed places: the
 * library writes one certificate, which is the mould of all others. Ten thousand of them take a second in place of a minute.
 */
export async function createCertifier(privateKey: KeyObject): Promise<(hostKey: string) => string> {
  const mouldKey = createHash('sha256').update('mould of a certificate').digest()
  const pem = await certificateOf(privateKey, mouldKey)
  const der = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64')
  const body = bodyOf(der)
  const places = partsOf(mouldKey).map(part => placeOf(body, part))
  return hostKey => {
    const filled = Buffer.from(body)
    for (const [i, part] of partsOf(Buffer.from(hostKey, 'base64')).entries()) part.copy(filled, places[i])
    const signed = Buffer.from(der)
    filled.copy(signed, der.indexOf(body))
    sign(null, filled, privateKey).copy(signed, der.length - SIGNATURE_BYTES)
    return pemOf(signed)
  }
}

const SIGNATURE_BYTES = 64

/** What of a certificate follows from its key: serial number, key, key identifier (RFC 5280, section 4.2.1.2). */
function partsOf(key: Buffer): readonly Buffer[] {
  const identifier = createHash('sha1').update(key).digest()
  return [Buffer.from(serialFor(key), 'hex'), key, identifier]
}

/** The signed part: the first element of the outer sequence, whose head has four bytes, as its own has. */
function bodyOf(der: Buffer): Buffer {
  assert(der[1] === 0x82 && der[4] === 0x30 && der[5] === 0x82, 'a certificate has between 256 and 65535 bytes')
  return der.subarray(4, 8 + der.readUInt16BE(6))
}

function placeOf(body: Buffer, part: Buffer): number {
  const place = body.indexOf(part)
  assert(place !== -1 && body.indexOf(part, place + 1) === -1, 'each part stands in a certificate once')
  return place
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/**
 * `hostKey`: raw Ed25519 public key in base64. Issuer and subject have the same name: only the key identifiers tell a verifier
 * that the certificate has not signed itself.
 */
export async function hostCertificate(privateKey: KeyObject, hostKey: string): Promise<string> {
  return certificateOf(privateKey, Buffer.from(hostKey, 'base64'))
}

async function certificateOf(privateKey: KeyObject, hostKey: Buffer): Promise<string> {
  const x509 = await loadLibrary()
  const cluster = await importPair(privateKey)
  const publicKey = await importPublic(hostKey)
  const usages = [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialFor(hostKey),
    subject: SUBJECT,
    issuer: SUBJECT,
    notBefore: NOT_BEFORE,
    notAfter: NOT_AFTER,
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey: cluster.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
      await x509.AuthorityKeyIdentifierExtension.create(cluster.publicKey, false, webcrypto),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

/** When the first certificate is made: it takes a fifth of the start of the commands, most of which make none. */
async function loadLibrary(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  x509.cryptoProvider.set(webcrypto)
  return x509
}

interface KeyPair {
  readonly privateKey: webcrypto.CryptoKey
  readonly publicKey: webcrypto.CryptoKey
  readonly raw: Buffer
}

async function importPair(key: KeyObject): Promise<KeyPair> {
  const der = createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' })).export({ type: 'pkcs8', format: 'der' })
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  const raw = Buffer.from(x ?? '', 'base64url')
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
  return { privateKey: privateKey as webcrypto.CryptoKey, publicKey: await importPublic(raw), raw }
}

async function importPublic(raw: Uint8Array): Promise<webcrypto.CryptoKey> {
  return (await webcrypto.subtle.importKey('raw', raw, ALGORITHM, true, ['verify'])) as webcrypto.CryptoKey
}

/** Positive and not longer than RFC 5280, section 4.1.2.2, allows. */
function serialFor(raw: Uint8Array): string {
  const digest = createHash('sha256').update('weave serial v1\n').update(raw).digest()
  return `01${digest.toString('hex', 0, 15)}`
}
