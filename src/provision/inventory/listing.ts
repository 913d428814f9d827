/** What `ansible-inventory --list` prints. */
export interface Listing {
  readonly hostVariables: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly groups: Readonly<Record<string, ListedGroup>>
}

export interface ListedGroup {
  readonly hosts: readonly string[]
  readonly children: readonly string[]
}

export function parseListing(text: string): Listing {
  const { _meta: meta, ...groups } = JSON.parse(text) as Record<string, Record<string, unknown>>
  const readGroup = ([name, group]: [string, Record<string, unknown>]) =>
    [name, { hosts: textsOf(group.hosts), children: textsOf(group.children) }] as const
  return {
    hostVariables: (meta?.hostvars ?? {}) as Listing['hostVariables'],
    groups: Object.fromEntries(Object.entries(groups).map(readGroup)),
  }
}

/** The hosts of a group and of the groups in it, each once. A group that is not there has none. */
export function membersOf(listing: Listing, group: string): readonly string[] {
  const found = new Set<string>()
  const visited = new Set<string>()
  const pending = [group]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (visited.has(name)) continue
    visited.add(name)
    for (const host of listing.groups[name]?.hosts ?? []) found.add(host)
    pending.push(...(listing.groups[name]?.children ?? []))
  }
  return [...found]
}

export function hasGroup(listing: Listing, group: string): boolean {
  const isListed = Object.values(listing.groups).some(({ children }) => children.includes(group))
  return isListed || listing.groups[group] !== undefined
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}
