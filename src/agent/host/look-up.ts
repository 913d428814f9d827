import { lookup } from 'node:dns/promises'

/** Of one name. */
const ADDRESSES_MAX = 8

/** As the C library has it: of files, DNS and whatever else the host asks. Rejects when there is none. */
export async function addressesOfName(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true })
  return [...new Set(found.map(({ address }) => address))].slice(0, ADDRESSES_MAX)
}
