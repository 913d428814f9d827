import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { UserError } from '../../base/user-error.ts'
import { type AgentConfig, parseAgentConfig } from '../../contract/agent-config.ts'
import { type ClusterManifest, parseSignedManifest, type SignedManifest } from '../../contract/cluster-manifest.ts'
import { fromBase64, toBase64, verifyManifest } from '../../core/router/index.ts'
import type { Credentials } from '../transport/credentials.ts'
import { ADMISSION_KEY_BYTES } from '../transport/preface.ts'
import type { AgentPaths } from './agent-paths.ts'
import { ensureIdentity, type Identity, rawPublicKey } from './identity.ts'
import { readSecret } from './secret-file.ts'

const PROVISION = 'run `weave-provision up` on the control machine'

/** All that the agent finds on its host when it starts. */
export interface HostState {
  readonly config: AgentConfig
  readonly identity: Identity
  readonly credentials: Credentials
  readonly manifest: SignedManifest
}

/** Refuses what is missing or does not fit together, naming the file. */
export function loadHostState(paths: AgentPaths): HostState {
  const config = loadConfig(paths.agentConfig)
  const identity = ensureIdentity(paths.identityKey)
  const credentials: Credentials = {
    privateKeyPem: identity.privateKeyPem,
    certificatePem: loadCertificate(paths.certificate, identity),
    clusterCertificatePem: readNeeded(paths.clusterCertificate),
    ...loadAdmissionKeys(paths.admissionKey),
  }
  return { config, identity, credentials, manifest: loadManifest(paths, config, identity) }
}

export function loadConfig(path: string): AgentConfig {
  const config = parseAgentConfig(readNeeded(path))
  if (config.ok) return config.value
  throw new UserError({ cause: `${path}: ${config.error}`, remedy: PROVISION })
}

/** The bridge can be made without a configuration, and then has its defaults. */
export function loadConfigIfThere(path: string): AgentConfig | undefined {
  return existsSync(path) ? loadConfig(path) : undefined
}

/** The shipped manifest or the learnt one: of those that the cluster has signed, the one of the higher version. */
export function loadManifest(paths: AgentPaths, config: AgentConfig, identity: Identity): SignedManifest {
  const clusterKey = fromBase64(config.clusterKey)
  const [shipped, learnt] = [paths.manifest, paths.learntManifest].map(path => readManifest(path, clusterKey))
  const best = [shipped, learnt]
    .filter(candidate => candidate?.manifest !== undefined)
    .sort((a, b) => (b?.manifest?.version ?? 0) - (a?.manifest?.version ?? 0))[0]
  if (best?.manifest === undefined) {
    throw new UserError({ cause: shipped?.problem ?? `${paths.manifest} is missing`, remedy: PROVISION })
  }
  checkMembership(best.manifest, config, identity)
  return best.signed
}

interface ManifestFile {
  readonly signed: SignedManifest
  readonly manifest?: ClusterManifest
  readonly problem?: string
}

function readManifest(path: string, clusterKey: Uint8Array): ManifestFile | undefined {
  if (!existsSync(path)) return undefined
  const signed = parseSignedManifest(readFileSync(path, 'utf8'))
  const none: SignedManifest = { manifest: '', signature: '' }
  if (!signed.ok) return { signed: none, problem: `${path}: ${signed.error}` }
  const manifest = verifyManifest(signed.value, clusterKey)
  if (!manifest.ok) return { signed: signed.value, problem: `${path}: ${manifest.error}` }
  return { signed: signed.value, manifest: manifest.value }
}

function checkMembership(manifest: ClusterManifest, config: AgentConfig, identity: Identity): void {
  const own = manifest.hosts.find(host => host.publicKey === toBase64(identity.publicKey))
  if (own?.shortId === config.shortId) return
  const cause =
    own === undefined
      ? `this host's key is not in the cluster's manifest, version ${manifest.version}: it was removed, or its key is new`
      : `the manifest gives this host number ${own.shortId}, agent-config.json gives it ${config.shortId}`
  throw new UserError({ cause, remedy: PROVISION })
}

function loadCertificate(path: string, identity: Identity): string {
  const pem = readNeeded(path)
  const certified = readCertifiedKey(pem)
  if (certified === undefined) throw new UserError({ cause: `${path} is not a certificate`, remedy: PROVISION })
  if (Buffer.compare(certified, identity.publicKey) === 0) return pem
  throw new UserError({ cause: `${path} certifies another key than this host's`, remedy: PROVISION })
}

function readCertifiedKey(pem: string): Uint8Array | undefined {
  try {
    return rawPublicKey(new X509Certificate(pem).publicKey)
  } catch {
    return undefined
  }
}

/** A line each: the first is shown, all let in. */
function loadAdmissionKeys(path: string): Pick<Credentials, 'admissionKey' | 'furtherAdmissionKeys'> {
  const text = readSecret(path)
  if (text === undefined) throw missing(path)
  const [first, ...others] = text
    .trim()
    .split('\n')
    .map(line => Buffer.from(line.trim(), 'hex'))
  const areKeys = [first, ...others].every(key => key?.length === ADMISSION_KEY_BYTES)
  if (first !== undefined && areKeys) return { admissionKey: first, furtherAdmissionKeys: others }
  const cause = `${path} does not hold ${ADMISSION_KEY_BYTES} bytes in hexadecimal, a line for each key`
  throw new UserError({ cause, remedy: PROVISION })
}

function readNeeded(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw missing(path)
    throw new UserError({ cause: `${path} cannot be read: ${code}`, remedy: 'run as root' }, undefined, { cause })
  }
}

function missing(path: string): UserError {
  return new UserError({ cause: `${path} is missing`, remedy: PROVISION })
}
