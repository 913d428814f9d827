import { createHash, createPrivateKey } from 'node:crypto'
import type { FactsByHost } from '../plan/host-facts.ts'
import type { Plan } from '../plan/plan.ts'
import type { ClusterSecrets } from './cluster-secrets.ts'

/** PKCS #8 around the 32 bytes of an Ed25519 key (RFC 8410, section 7). */
const PKCS8_PREFIX = '302e020100300506032b657004220420'

/**
 * In the place of keys that nobody has made yet, where files are only looked at: a plan of a fresh host shows all that will be
 * there, and two plans of the same are the same text. Never written to a host.
 */
export function placeholderSecrets(): ClusterSecrets {
  const der = Buffer.from(PKCS8_PREFIX + '00'.repeat(32), 'hex')
  return {
    clusterId: '0'.repeat(32),
    privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    admissionKey: '0'.repeat(64),
  }
}

/** Hosts that were asked and have no key yet make one as soon as they have the agent, and are members from then on. */
export function withPlaceholderKeys(plan: Plan, facts: FactsByHost): Plan {
  const hosts = plan.lock.hosts.map(host => {
    if (host.publicKey !== undefined) return host
    return Object.hasOwn(facts, host.name) ? { ...host, publicKey: placeholderKey(host.name) } : host
  })
  return { ...plan, lock: { ...plan.lock, hosts } }
}

function placeholderKey(name: string): string {
  return createHash('sha256').update(`placeholder of ${name}`).digest('base64')
}
