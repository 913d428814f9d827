/** Whom it goes to and by whom, how it is hostile, as what it is counted, the address it is sent from when that is not the sender's, and a wish of SEND_VXLAN. */
type Hostile = readonly [number, number, string, string, string | undefined, string]

/** What `host` has to take from its neighbour `by`; `stranger`: an address of nobody. */
export function hostileTo({ host, by, stranger }: { host: number; by: number; stranger: string }): readonly Hostile[] {
  const beyond = 3
  const [ownName, inNameOf] = [(by << 12) | host, (source: number) => (source << 12) | host]
  return [
    [host, by, 'from an address of nobody', 'droppedEndpoint', stranger, `${inNameOf(beyond)}/64/frame`],
    [host, by, 'in the name of nobody', 'droppedSource', undefined, `${inNameOf(9)}/64/frame`],
    [host, by, 'in the name of number 0', 'droppedSource', undefined, `${host}/64/frame`],
    [host, by, 'in the receiver’s own name', 'droppedSource', undefined, `${inNameOf(host)}/64/frame`],
    [host, by, 'for a peer that there is no way to', 'droppedRoute', undefined, `${(beyond << 12) | 9}/64/frame`],
    [host, by, 'for where it comes from', 'droppedRoute', undefined, `${(beyond << 12) | by}/64/frame`],
    [host, by, 'with a frame that is cut off', 'nothing', undefined, `${ownName}/64/truncated`],
    [host, by, 'without a frame', 'nothing', undefined, `${ownName}/64/empty`],
    [host, by, 'without a header', 'nothing', undefined, '0/64/nothing'],
    [host, by, 'as a probe in another’s name', 'droppedProbe', undefined, `${inNameOf(beyond)}/64/probe`],
  ]
}

/** What `host` sends to its neighbour `relay`, most of it for `to`. */
export function hostileOnwards(ways: {
  host: number
  relay: number
  to: number
  stranger: string
}): readonly Hostile[] {
  const { host, relay, to, stranger } = ways
  return [
    [host, relay, 'from an address of nobody', 'droppedEndpoint', stranger, `${(host << 12) | to}/64/frame`],
    [host, relay, 'in the name of nobody', 'droppedSource', undefined, `${(9 << 12) | to}/64/frame`],
    [host, relay, 'for a peer that there is no way to', 'droppedRoute', undefined, `${(host << 12) | 9}/64/frame`],
    [host, relay, 'for where it comes from', 'droppedRoute', undefined, `${(to << 12) | host}/64/frame`],
    [host, relay, 'with a probe for another', 'droppedProbe', undefined, `${(host << 12) | to}/64/probe`],
  ]
}
