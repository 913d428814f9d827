import 'reflect-metadata'
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, webcrypto } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { peerNameFromDigest } from '../../../src/base/peer-name.ts'
import type { AgentConfig } from '../../../src/contract/agent-config.ts'
import { type ClusterManifest, MANIFEST_CONTEXT } from '../../../src/contract/cluster-manifest.ts'
import { HOST_PATHS } from '../../../src/contract/host-paths.ts'

cryptoProvider.set(webcrypto)

type KeyPair = Awaited<ReturnType<typeof newKeyPair>>

const SUBJECT = 'CN=weave'
const VALIDITY = { notBefore: new Date('1970-01-01T00:00:00Z'), notAfter: new Date('9999-12-31T23:59:59Z') }

export interface FixtureHost {
  readonly name: string
  readonly shortId: number
  readonly address: string
  readonly otherAddresses?: readonly string[]
  readonly targets: readonly string[]
  readonly keys: KeyPair
}

/** Changes what a host would be told. */
export type Configure = (config: AgentConfig) => AgentConfig

interface FixtureOptions {
  readonly hosts: readonly FixtureHost[]
  readonly configure: Configure
}

/** The keys and files of a cluster, as the provisioner would make them. */
export class ClusterFixture {
  readonly hosts: readonly FixtureHost[]
  readonly #keys: KeyPair
  readonly #certificate: X509Certificate
  readonly #configure: Configure
  readonly admissionKey = randomBytes(32)

  private constructor(cluster: { keys: KeyPair; certificate: X509Certificate }, options: FixtureOptions) {
    this.#keys = cluster.keys
    this.#certificate = cluster.certificate
    this.hosts = options.hosts
    this.#configure = options.configure
  }

  static async create(
    hosts: readonly Omit<FixtureHost, 'keys'>[],
    configure: Configure = config => config,
  ): Promise<ClusterFixture> {
    const keys = await newKeyPair()
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: SUBJECT,
      keys,
      ...VALIDITY,
      signingAlgorithm: { name: 'Ed25519' },
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    })
    const withKeys = await Promise.all(hosts.map(async host => ({ ...host, keys: await newKeyPair() })))
    return new ClusterFixture({ keys, certificate }, { hosts: withKeys, configure })
  }

  get certificatePem(): string {
    return this.#certificate.toString('pem')
  }

  host(name: string): FixtureHost {
    const host = this.hosts.find(candidate => candidate.name === name)
    if (host === undefined) throw new Error(`no host ${name}`)
    return host
  }

  /** A certificate that this cluster vouches for. */
  async certify(keys: KeyPair): Promise<string> {
    const certificate = await X509CertificateGenerator.create({
      subject: SUBJECT,
      issuer: SUBJECT,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      ...VALIDITY,
      signingAlgorithm: { name: 'Ed25519' },
      extensions: [
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        await AuthorityKeyIdentifierExtension.create(this.#keys.publicKey),
      ],
    })
    return certificate.toString('pem')
  }

  /** Writes what the host `name` has under its root folder. */
  async write(root: string, name: string): Promise<void> {
    const host = this.host(name)
    const files: readonly (readonly [string, string, number])[] = [
      [HOST_PATHS.agentConfig, JSON.stringify(await this.#config(host)), 0o644],
      [HOST_PATHS.manifest, await this.signedManifest(), 0o644],
      [HOST_PATHS.certificate, await this.certify(host.keys), 0o644],
      [HOST_PATHS.clusterCertificate, this.certificatePem, 0o644],
      [HOST_PATHS.admissionKey, `${this.admissionKey.toString('hex')}\n`, 0o600],
      [HOST_PATHS.identityKey, await exportPem(host.keys), 0o600],
    ]
    for (const [path, content, mode] of files) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), content)
      chmodSync(join(root, path), mode)
    }
  }

  /** Of all hosts but those that are `removed`. */
  async signedManifest(version = 1, removed: readonly string[] = []): Promise<string> {
    const members = this.hosts.filter(({ name }) => !removed.includes(name))
    const hosts = await Promise.all(
      members.map(async host => {
        const publicKey = await rawPublicKey(host.keys)
        return {
          host: host.name,
          shortId: host.shortId,
          peerName: peerNameFromDigest(createHash('sha256').update(publicKey).digest()),
          publicKey: publicKey.toString('base64'),
          bridgeAddress: `10.2.0.${host.shortId}/16`,
          containerRange: `10.2.${host.shortId}.0/24`,
          addresses: addressesOf(host),
          port: 6783,
        }
      }),
    )
    const manifest: ClusterManifest = {
      format: 1,
      clusterId: 'fixture',
      clusterName: 'fixture',
      version,
      subnet: '10.2.0.0/16',
      hosts,
    }
    const text = JSON.stringify(manifest)
    const key = createPrivateKey(await exportPem(this.#keys))
    const signature = sign(null, Buffer.from(MANIFEST_CONTEXT + text), key).toString('base64')
    return JSON.stringify({ manifest: text, signature })
  }

  async #config(host: FixtureHost): Promise<AgentConfig> {
    return this.#configure({
      format: 1,
      clusterId: 'fixture',
      clusterKey: (await rawPublicKey(this.#keys)).toString('base64'),
      host: host.name,
      nickname: host.name,
      shortId: host.shortId,
      bridge: { name: 'weave', address: `10.2.0.${host.shortId}/16`, mtu: 1376 },
      containerRange: `10.2.${host.shortId}.0/24`,
      subnet: '10.2.0.0/16',
      listen: { ip: '::', port: 6783 },
      advertise: addressesOf(host),
      targets: host.targets,
      discovery: true,
    })
  }
}

function addressesOf({
  address,
  otherAddresses = [],
}: Pick<FixtureHost, 'address' | 'otherAddresses'>): readonly string[] {
  return [address, ...otherAddresses]
}

export async function newKeyPair() {
  return (await webcrypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
}

/** PKCS #8 in PEM. */
export async function exportPem(keys: KeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return key.export({ format: 'pem', type: 'pkcs8' }) as string
}

async function rawPublicKey(keys: KeyPair): Promise<Buffer> {
  const pem = createPublicKey(await exportPem(keys))
  return pem.export({ format: 'der', type: 'spki' }).subarray(-32)
}
