import {
  firstOf,
  formatIpNetwork,
  formatIpOnNetwork,
  type IpNetwork,
  type IpOnNetwork,
  isIpv4,
  lastOf,
  parseIpNetwork,
  parseIpOnNetwork,
} from '../../base/ip-address.ts'
import { ok, type Result, refused } from '../../base/result.ts'

/** What is wanted of the address space (Weave row ARG-02). */
export type AddressWish =
  | { readonly kind: 'default' }
  | { readonly kind: 'subnet'; readonly subnet: IpNetwork }
  | { readonly kind: 'address'; readonly address: IpOnNetwork }

/** Four addresses, in the 128 bits that a prefix counts. */
const SMALLEST_SUBNET = 126

/** `none` in WEAVE_CIDR: the container is left alone. */
export type AddressWishes =
  | { readonly kind: 'none' }
  | { readonly kind: 'some'; readonly wishes: readonly AddressWish[] }

/** Whether a word of `weave run` is meant as an address and not as an option or an image. */
export function isAddressWord(word: string): boolean {
  return /^(net:|ip:)/.test(word) || /^\d[\d.]*\/\d+$/.test(word) || parseIpOnNetwork(word).ok
}

/** No word means one address of the default subnet. */
export function parseWishes(words: readonly string[]): Result<readonly AddressWish[]> {
  const wishes: AddressWish[] = []
  for (const word of words) {
    const wish = parseWish(word)
    if (!wish.ok) return wish
    wishes.push(wish.value)
  }
  return ok(wishes.length === 0 ? [{ kind: 'default' }] : wishes)
}

/** The value of WEAVE_CIDR: words, or the one word `none` (Weave row ENV-21). */
export function parseWeaveCidr(text: string): Result<AddressWishes> {
  const words = text.split(/\s+/).filter(word => word !== '')
  if (words.length === 1 && words[0] === 'none') return ok({ kind: 'none' })
  const wishes = parseWishes(words)
  return wishes.ok ? ok({ kind: 'some', wishes: wishes.value }) : wishes
}

export function formatWish(wish: AddressWish): string {
  if (wish.kind === 'default') return 'net:default'
  return wish.kind === 'subnet' ? `net:${formatIpNetwork(wish.subnet)}` : `ip:${formatIpOnNetwork(wish.address)}`
}

function parseWish(word: string): Result<AddressWish> {
  if (word === 'net:default') return ok({ kind: 'default' })
  if (word.startsWith('net:')) {
    const subnet = parseIpNetwork(word.slice('net:'.length))
    if (!subnet.ok) return subnet
    if (subnet.value.prefix > SMALLEST_SUBNET)
      return refused(`'${word}' is too small: a subnet has 4 addresses or more`)
    return ok({ kind: 'subnet', subnet: subnet.value })
  }
  const address = parseIpOnNetwork(word.replace(/^ip:/, ''))
  if (!address.ok) return refused(`'${word}' is neither an address with a prefix length nor net:SUBNET`)
  const problem = unusable(address.value)
  return problem === undefined ? ok({ kind: 'address', address: address.value }) : refused(`'${word}' ${problem}`)
}

/** A range of more than two addresses keeps the first for itself and, with IPv4, the last for broadcast. */
function unusable({ address, prefix }: IpOnNetwork): string | undefined {
  if (prefix > SMALLEST_SUBNET) return undefined
  const network = firstOf(address, prefix)
  if (address === network) return 'is the address of the network, which no container can have'
  return isIpv4(address) && address === lastOf({ network, prefix })
    ? 'is the broadcast address of its network'
    : undefined
}
