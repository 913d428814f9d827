import { firstOf, type IpNetwork, parseIpNetwork, readableNetworks } from '../base/ip-address.ts'
import type { ClusterManifest, ManifestHost } from './cluster-manifest.ts'

const BITS = 128

/**
 * The part of an added range that is a host's: the range is cut into as many parts as the subnet, and a host has the part of its number. So it
 * is the same whoever comes or goes. Undefined where the range is too small to be cut so.
 */
export function shareOf(
  range: IpNetwork,
  { subnet }: Pick<ClusterManifest, 'subnet'>,
  { shortId, containerRange }: Pick<ManifestHost, 'shortId' | 'containerRange'>,
): IpNetwork | undefined {
  const [whole, part] = [parseIpNetwork(subnet), parseIpNetwork(containerRange)]
  if (!whole.ok || !part.ok) return undefined
  const cuts = part.value.prefix - whole.value.prefix
  const prefix = range.prefix + cuts
  if (cuts < 0 || prefix > BITS || shortId >= 2 ** cuts) return undefined
  const network = range.network + (BigInt(shortId) << BigInt(BITS - prefix))
  return { network: firstOf(network, prefix), prefix }
}

export function addedRangesOf({ addedRanges = [] }: Pick<ClusterManifest, 'addedRanges'>): readonly IpNetwork[] {
  return readableNetworks(addedRanges)
}
