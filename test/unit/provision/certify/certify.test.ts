import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect as connectPlain } from 'node:net'
import tls from 'node:tls'
import { MANIFEST_CONTEXT, parseManifest, parseSignedManifest } from '../../../../src/contract/cluster-manifest.ts'
import { certify } from '../../../../src/provision/certify/certify.ts'
import {
  createSecrets,
  formatSecrets,
  parseSecrets,
  publicKeyOf,
} from '../../../../src/provision/certify/cluster-secrets.ts'
import { createCertifier, hostCertificate } from '../../../../src/provision/certify/x509.ts'
import { EMPTY_LOCK, type Lock } from '../../../../src/provision/plan/lock.ts'
import { acceptedBy } from '../../base/outcome.ts'
import { facts, host, inventory, planned } from '../inventories.ts'

const secrets = createSecrets()

function rawKey(key: KeyObject): string {
  const publicKey = key.type === 'public' ? key : createPublicKey(key)
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')
}

const keys = { a: generateKeyPairSync('ed25519').privateKey, b: generateKeyPairSync('ed25519').privateKey }

function planWith(names: readonly ('a' | 'b')[], lock: Lock = EMPTY_LOCK) {
  const known = Object.fromEntries(names.map(name => [name, facts({ publicKey: rawKey(keys[name]) })]))
  return planned([host('a'), host('b')], { facts: known, lock })
}

describe('the manifest', () => {
  it('is signed over its exact text, and says who is who', async () => {
    const { material } = await certify(planWith(['a', 'b']), secrets)
    const signed = acceptedBy(parseSignedManifest(material.signedManifest))
    const clusterKey = createPublicKey(secrets.privateKey)
    const signature = Buffer.from(signed.signature, 'base64')
    expect(verify(null, Buffer.from(MANIFEST_CONTEXT + signed.manifest), clusterKey, signature)).toBe(true)
    expect(verify(null, Buffer.from(signed.manifest), clusterKey, signature)).toBe(false)
    const manifest = acceptedBy(parseManifest(signed.manifest))
    const [first] = manifest.hosts
    expect(first).toMatchObject({ host: 'a', shortId: 1, publicKey: rawKey(keys.a), bridgeAddress: '10.2.0.1/16' })
    const digest = createHash('sha256')
      .update(Buffer.from(rawKey(keys.a), 'base64'))
      .digest('hex')
    expect(first?.peerName.replaceAll(':', '').slice(2)).toBe(digest.slice(2, 12))
  })

  it('gets another version when its content changes, and only then', async () => {
    const first = await certify(planWith(['a']), secrets)
    const second = await certify(planWith(['a'], first.lock), secrets)
    const third = await certify(planWith(['a', 'b'], second.lock), secrets)
    expect([first, second, third].map(({ lock }) => lock.manifest.version)).toEqual([1, 1, 2])
    expect(second.material).toEqual(first.material)
  })

  it('has the ranges that the inventory adds, in another version', async () => {
    const first = await certify(planWith(['a']), secrets)
    const hosts = [host('a'), host('b')]
    const plan = planned(hosts, {
      inventory: inventory(hosts, { addedRanges: ['10.9.0.0/16'] }),
      facts: { a: facts({ publicKey: rawKey(keys.a) }) },
      lock: first.lock,
    })
    const second = await certify(plan, secrets)
    const read = ({ material }: typeof first) =>
      acceptedBy(parseManifest(acceptedBy(parseSignedManifest(material.signedManifest)).manifest))
    expect(read(first)).not.toHaveProperty('addedRanges')
    expect(read(second)).toMatchObject({ version: 2, addedRanges: ['10.9.0.0/16'] })
  })

  it('is the same to the byte for the same plan', async () => {
    const plan = planWith(['a', 'b'])
    expect(await certify(plan, secrets)).toEqual(await certify(plan, secrets))
  })

  it('leaves out a host that has not shown its key, which gets no certificate either', async () => {
    const { material, lock } = await certify(planWith(['b']), secrets)
    expect([...material.certificates.keys()]).toEqual(['b'])
    const manifest = acceptedBy(parseManifest(acceptedBy(parseSignedManifest(material.signedManifest)).manifest))
    expect(manifest.hosts.map(each => each.host)).toEqual(['b'])
    expect(lock.manifest.version).toBe(1)
  })

  it('of nobody uses no version up', async () => {
    expect((await certify(planWith([]), secrets)).lock.manifest.version).toBe(0)
  })
})

describe('a certificate', () => {
  it('tells a stranger nothing but a key', async () => {
    const { material } = await certify(planWith(['a']), secrets)
    const certificate = new X509Certificate(material.certificates.get('a') ?? '')
    expect([certificate.subject, certificate.issuer, certificate.subjectAltName]).toEqual([
      'CN=weave',
      'CN=weave',
      undefined,
    ])
    expect(rawKey(certificate.publicKey)).toBe(rawKey(keys.a))
    expect([certificate.validFrom, certificate.validTo]).toEqual([
      'Jan  1 00:00:00 1970 GMT',
      'Dec 31 23:59:59 9999 GMT',
    ])
  })

  it('is verified against the cluster certificate, and not against another cluster', async () => {
    const { material } = await certify(planWith(['a']), secrets)
    const certificate = new X509Certificate(material.certificates.get('a') ?? '')
    const issuer = new X509Certificate(material.clusterCertificate)
    expect(certificate.checkIssued(issuer)).toBe(true)
    expect(certificate.verify(issuer.publicKey)).toBe(true)
    const { material: foreign } = await certify(planWith(['a']), createSecrets())
    expect(certificate.verify(new X509Certificate(foreign.clusterCertificate).publicKey)).toBe(false)
  })

  it('serves both ends of TLS 1.3', async () => {
    const { material } = await certify(planWith(['a', 'b']), secrets)
    await expect(handshake(material, material)).resolves.toEqual([true, true])
  })

  it('of another cluster is refused by TLS', async () => {
    const { material } = await certify(planWith(['a', 'b']), secrets)
    const { material: foreign } = await certify(planWith(['a', 'b']), createSecrets())
    await expect(handshake(material, foreign)).rejects.toThrow()
  })
})

describe('the secrets of a cluster', () => {
  it('come back as they were', () => {
    const back = acceptedBy(parseSecrets(formatSecrets(secrets)))
    expect(back.clusterId).toBe(secrets.clusterId)
    expect(back.admissionKey).toBe(secrets.admissionKey)
    expect(publicKeyOf(back)).toBe(publicKeyOf(secrets))
  })

  it('that are damaged are refused without being quoted', () => {
    const text = formatSecrets(secrets).replace(secrets.admissionKey, `${secrets.admissionKey.slice(0, 62)}zz`)
    const parsed = parseSecrets(text)
    expect(parsed).toEqual({ ok: false, error: 'admissionKey must be 64 hexadecimal digits' })
  })
})

type Material = Awaited<ReturnType<typeof certify>>['material']

/** Both ends' verdicts over a pair of sockets on the loopback address. */
async function handshake(server: Material, client: Material): Promise<readonly boolean[]> {
  const listener = tls.createServer({ ...settingsOf(server, 'a'), requestCert: true, rejectUnauthorized: true })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const raw = connectPlain((listener.address() as AddressInfo).port, '127.0.0.1')
  const socket = tls.connect({ ...settingsOf(client, 'b'), socket: raw, checkServerIdentity: () => undefined })
  const accepted = new Promise<boolean>((resolve, reject) => {
    listener.on('secureConnection', connection => resolve(connection.authorized))
    listener.on('tlsClientError', reject)
  })
  try {
    const [verdict] = await Promise.all([accepted, once(socket, 'secureConnect')])
    return [verdict, socket.authorized]
  } finally {
    socket.on('error', () => socket.destroy())
    socket.destroy()
    raw.destroy()
    listener.close()
  }
}

function settingsOf(material: Material, name: 'a' | 'b') {
  return {
    key: keys[name].export({ type: 'pkcs8', format: 'pem' }),
    cert: material.certificates.get(name) ?? '',
    ca: material.clusterCertificate,
    minVersion: 'TLSv1.3' as const,
  }
}

it('a certificate out of the mould is the one that the library writes, to the byte', async () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const certificateFor = await createCertifier(privateKey)
  for (const seed of [1, 2, 250]) {
    const hostKey = createHash('sha256').update(`host ${seed}`).digest('base64')
    expect(certificateFor(hostKey)).toBe(await hostCertificate(privateKey, hostKey))
  }
})
