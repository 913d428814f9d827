import type { IpNetwork } from '../../base/ip-address.ts'
import type { PeerName } from '../../base/peer-name.ts'
import type { Result } from '../../base/result.ts'
import type { SignedManifest } from '../../contract/cluster-manifest.ts'
import type { PeerRecord } from '../wire/peer-record.ts'

/** A router of this cluster, heard of or not. */
export interface Member {
  /** What people call it. */
  readonly host: string
  readonly shortId: number
  readonly peerName: PeerName
  /** Raw Ed25519, base64. */
  readonly publicKey: string
  readonly addresses: readonly string[]
  readonly port: number
  /** Addresses that the manifest gives it. */
  readonly containerRange?: string
}

/** Who a record says that it is of, and how recent it is. */
export type RecordClaim = Pick<PeerRecord, 'shortId' | 'name' | 'bootId' | 'version'>

/** What becomes of a peer's record, if it is signed with `publicKey`: raw Ed25519, base64. */
export type Judgement =
  /** It stands; what is known under the short ids `gone` makes room for it. */
  | { readonly kind: 'member'; readonly publicKey: string; readonly gone: readonly number[] }
  /** One of this router's own, from an earlier life. */
  | { readonly kind: 'own'; readonly publicKey: string }
  /** Its short id belongs to another, or it is one of the past: whoever passes it on should hear of what is known under `better`. */
  | { readonly kind: 'outranked'; readonly publicKey: string; readonly better: number }
  /** It has the better right to this router's own short id. */
  | { readonly kind: 'takes our number'; readonly publicKey: string }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Who belongs to the cluster. Two kinds: certified, by a manifest that the cluster key has signed; and open, by records that
 * whoever was let in passes on. The shell decides who is let in: nothing comes here from a peer that it has not admitted.
 */
export interface Membership {
  readonly kind: 'certified' | 'open'
  readonly clusterId: string
  /** Of the manifest; 0 without one. */
  readonly version: number
  readonly signed: SignedManifest | undefined
  readonly members: readonly Member[]
  /** Address ranges that the manifest adds to the subnet. */
  readonly addedRanges: readonly IpNetwork[]
  /** How many there are. */
  readonly size: number
  /** Bytes of the public key that follow a peer's record; 0 where keys are known otherwise. */
  readonly keyBytes: number
  host(shortId: number): Member | undefined
  /** Address ranges that the manifest gives to a member. */
  rangesOf(member: Member): readonly IpNetwork[]
  /** `publicKey`: raw Ed25519. */
  hostWithKey(publicKey: Uint8Array): Member | undefined
  /**
   * `publicKey`: what came with the record; empty where keys are known otherwise. `isThere`: whether the peer is seen to be there, though
   * it may have been given up. Changes nothing.
   */
  judge(record: RecordClaim, publicKey: Uint8Array, isThere?: () => boolean): Judgement
  /** The record's signature is right, and it was judged to stand; or it is this router's own. Needless where a manifest says all. */
  learn(record: PeerRecord, publicKey: Uint8Array): void
  /** Takes a newer manifest of the same cluster; returns the members that are gone or have another key. */
  adopt(signed: SignedManifest): Result<readonly Member[]>
  /** Short ids of members that are given up because nobody has reached them for long; they are members no more. */
  departed(isReachable: (shortId: number) => boolean, now: number): readonly number[]
}

export function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), char => char.charCodeAt(0))
  } catch {
    return new Uint8Array(0)
  }
}

export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
