import { createPrivateKey, sign } from 'node:crypto'
import { type ClusterManifest, MANIFEST_CONTEXT, type SignedManifest } from '../../src/contract/cluster-manifest.ts'
import { peerNameOf, shortIdOf, toBase64 } from '../../src/core/router/index.ts'
import { createSigner } from '../../src/core/session/crypto.ts'
import type { SeededRandom } from './random.ts'

/** Of the containers of all members. */
export const CONTAINERS = '10.2.0.0/16'

export interface SimulatedMember {
  readonly name: string
  readonly shortId: number
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
  readonly addresses: readonly string[]
}

/** The cluster key and the members, with which manifests are signed as the provisioner does. */
export class SimulatedCluster {
  readonly members: SimulatedMember[] = []
  addedRanges: readonly string[] = []
  readonly #seed: Uint8Array
  readonly #random: SeededRandom
  #version = 0
  /** By public key: the manifest since which all name it. */
  #namedSince: ReadonlyMap<Uint8Array, number> = new Map()
  #firstNumbers: ((name: string) => number | undefined) | undefined

  constructor(random: SeededRandom) {
    this.#random = random
    this.#seed = random.bytes(32)
  }

  /** True when nobody is certified: members are whoever comes. */
  get isOpen(): boolean {
    return this.#firstNumbers !== undefined
  }

  /** Call before the first start. `firstNumbers`: short ids to begin with, where not those that names make. */
  open(firstNumbers: (name: string) => number | undefined = () => undefined): void {
    this.#firstNumbers = firstNumbers
  }

  /** Of the newest manifest. */
  get version(): number {
    return this.#version
  }

  /** The version of the manifest since which all name the member; undefined when the newest does not. */
  namedSince({ publicKey }: SimulatedMember): number | undefined {
    return this.#namedSince.get(publicKey)
  }

  numberOf(member: SimulatedMember): number {
    if (!this.isOpen) return member.shortId
    return this.#firstNumbers?.(member.name) ?? shortIdOf(peerNameOf(member.publicKey))
  }

  get clusterKey(): Uint8Array {
    return createSigner(this.#seed).publicKey
  }

  addMember(name: string, addresses?: readonly string[]): SimulatedMember {
    const shortId = this.members.length + 1
    const own = addresses ?? [`192.168.${shortId >> 8}.${shortId & 255}`]
    const member = { name, shortId, ...this.#drawIdentity(), addresses: own }
    this.members.push(member)
    return member
  }

  /** Another machine in the place of `name`: the same number and address, an identity of its own. */
  replaceMember(name: string): SimulatedMember {
    const at = this.members.findIndex(member => member.name === name)
    const before = this.members[at]
    if (before === undefined) throw new Error(`no member ${name}`)
    const member = { ...before, ...this.#drawIdentity() }
    this.members[at] = member
    return member
  }

  manifest(members: readonly SimulatedMember[] = this.members): SignedManifest {
    const version = ++this.#version
    this.#namedSince = new Map(members.map(member => [member.publicKey, this.namedSince(member) ?? version]))
    const manifest: ClusterManifest = {
      format: 1,
      clusterId: 'c0ffee',
      clusterName: 'simulated',
      version,
      subnet: CONTAINERS,
      hosts: members.map(member => ({
        host: member.name,
        shortId: member.shortId,
        peerName: peerNameOf(member.publicKey),
        publicKey: toBase64(member.publicKey),
        bridgeAddress: `10.2.0.${member.shortId}/16`,
        containerRange: `10.2.${member.shortId}.0/24`,
        addresses: member.addresses,
        port: 6783,
      })),
      addedRanges: this.addedRanges,
    }
    return signManifest(JSON.stringify(manifest), this.#seed)
  }

  #drawIdentity(): Pick<SimulatedMember, 'seed' | 'publicKey'> {
    const seed = this.#random.bytes(32)
    return { seed, publicKey: createSigner(seed).publicKey }
  }
}

export function signManifest(text: string, seed: Uint8Array): SignedManifest {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { manifest: text, signature: sign(null, Buffer.from(MANIFEST_CONTEXT + text), key).toString('base64') }
}
