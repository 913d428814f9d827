import 'reflect-metadata'
import { createHash, createPrivateKey, createPublicKey, type KeyObject, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto)

const ALGORITHM = { name: 'Ed25519' }

/** Tells a stranger nothing. */
const SUBJECT = 'CN=weave'

/** Fixed, so that a certificate depends on its keys alone; the manifest says who is a member today. */
const NOT_BEFORE = new Date('2020-01-01T00:00:00Z')
const NOT_AFTER = new Date('2050-01-01T00:00:00Z')

/** Ed25519 signs without chance, so the same keys give the same certificate to the byte. */
export async function clusterCertificate(privateKey: KeyObject): Promise<string> {
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
 * `hostKey`: raw Ed25519 public key in base64. Issuer and subject have the same name: only the key identifiers tell a verifier
 * that the certificate has not signed itself.
 */
export async function hostCertificate(privateKey: KeyObject, hostKey: string): Promise<string> {
  const cluster = await importPair(privateKey)
  const publicKey = await importPublic(Buffer.from(hostKey, 'base64'))
  const usages = [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialFor(Buffer.from(hostKey, 'base64')),
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
