import {
  formatIpAddress,
  formatIpNetwork,
  formatIpOnNetwork,
  type IpAddress,
  type IpNetwork,
  isOfSubnet,
  parseIpAddress,
  parseIpNetwork,
  parseIpOnNetwork,
} from '../../base/ip-address.ts'
import type { Input, IpamAnswer, IpamStatus, Lease, RouterStatus, SharedView } from '../../core/router/index.ts'
import { type Answer, absent, type Route, type RouteRequest } from '../http/route.ts'
import type { AddressDesk } from './address-desk.ts'
import { formatIpam } from './ipam-text.ts'

/** Shorter than what commands wait for, so that they hear the reason. */
const TIMEOUT_MS = 60_000

const NO_ADDRESSES = 'this router hands out no addresses\ngive it a range: `weave launch --ipalloc-range RANGE`\n'

export interface IpamControl {
  readonly desk: AddressDesk
  shared(): SharedView | undefined
  tell(input: Input): void
  status(): RouterStatus
  readonly defaultSubnet: string
  clock(): number
}

/** Addresses over the original's paths (Weave rows API-09 to API-18, STAT-07). */
export function ipamRoutes(control: IpamControl): readonly Route[] {
  const routes = allRoutes(control)
  return control.shared()?.ipam === undefined ? absent(routes, NO_ADDRESSES) : routes
}

function allRoutes(control: IpamControl): readonly Route[] {
  return [
    ...leaseRoutes(control),
    { method: 'GET', path: '/status/ipam', answer: () => showStatus(control) },
    { method: 'GET', path: '/ipinfo/defaultsubnet', answer: () => said(control.defaultSubnet) },
    { method: 'GET', path: '/ipinfo/tracker', answer: () => said('') },
    { method: 'GET', path: '/ring', answer: request => prime(control, request) },
    { method: 'PUT', path: '/ipam/range/:ip/:prefix', answer: request => addRange(control, request) },
    { method: 'DELETE', path: '/peer', answer: () => leave(control) },
    { method: 'DELETE', path: '/peer/:peer', answer: request => takeOver(control, request) },
  ]
}

function leaseRoutes(control: IpamControl): readonly Route[] {
  const { tell } = control
  const defaultSubnet = parseIpNetwork(control.defaultSubnet)
  const leases = (id?: string) =>
    id === undefined ? allLeases(control) : allLeases(control).filter(lease => lease.id === id)
  return [
    {
      method: 'GET',
      path: '/ip',
      answer: () => ({ code: 200, text: `${JSON.stringify(owned(leases()))}\n`, json: owned(leases()) }),
    },
    { method: 'GET', path: '/ip/:id', answer: ({ parameters }) => said(formatLeases(leases(parameters.id))) },
    {
      method: 'GET',
      path: '/ip/:id/:ip/:prefix',
      answer: ({ parameters }) =>
        withSubnet(parameters, subnet =>
          said(formatLeases(leases(parameters.id).filter(lease => isOfSubnet(lease, subnet)))),
        ),
    },
    {
      method: 'POST',
      path: '/ip/:id',
      answer: request =>
        defaultSubnet.ok ? allocate(control, request, defaultSubnet.value) : bad(defaultSubnet.error),
    },
    {
      method: 'POST',
      path: '/ip/:id/:ip/:prefix',
      answer: request => withSubnet(request.parameters, subnet => allocate(control, request, subnet)),
    },
    { method: 'PUT', path: '/ip/:id/:ip/:prefix', answer: request => claim(control, request) },
    {
      method: 'DELETE',
      path: '/ip/:id',
      answer: ({ parameters: { id = '' } }) => {
        if (leases(id).length === 0) return bad(`Delete: no addresses for ${id}`)
        tell({ kind: 'addresses', input: { kind: 'release', id } })
        return DONE
      },
    },
    { method: 'DELETE', path: '/ip/:id/:ip', answer: ({ parameters }) => release(control, parameters) },
  ]
}

function allocate(control: IpamControl, { parameters, gone }: RouteRequest, subnet: IpNetwork): Promise<Answer> {
  const wish = { kind: 'allocate', id: parameters.id ?? '', subnet, timeoutMs: TIMEOUT_MS } as const
  return control.desk.ask(wish, gone).then(answer => tellAddress(answer, ''))
}

async function claim(control: IpamControl, { parameters, gone }: RouteRequest): Promise<Answer> {
  const address = parseIpOnNetwork(`${parameters.ip}/${parameters.prefix}`)
  if (!address.ok) return bad(address.error)
  const wish = { kind: 'claim', id: parameters.id ?? '', address: address.value, timeoutMs: TIMEOUT_MS } as const
  const answer = await control.desk.ask(wish, gone)
  return answer.kind === 'address' ? DONE : tellAddress(answer, 'Unable to claim: ')
}

function release(control: IpamControl, { id = '', ip = '' }: RouteRequest['parameters']): Answer {
  const address = parseIpAddress(ip)
  if (!address.ok) return bad(address.error)
  if (!allLeases(control).some(lease => lease.id === id && lease.address === address.value)) {
    return bad(`Free: address ${ip} not found for ${id}`)
  }
  control.tell({ kind: 'addresses', input: { kind: 'release', id, address: address.value } })
  return DONE
}

/** For the whole cluster, and also after a restart. */
function addRange({ desk }: IpamControl, { parameters, gone }: RouteRequest): Answer | Promise<Answer> {
  return withSubnet(parameters, async range => doneBy(await desk.ask({ kind: 'add-range', range }, gone)))
}

async function prime({ desk }: IpamControl, { gone }: RouteRequest): Promise<Answer> {
  return doneBy(await desk.ask({ kind: 'prime', timeoutMs: TIMEOUT_MS }, gone))
}

function doneBy(answer: IpamAnswer): Answer {
  return answer.kind === 'done' ? DONE : tellAddress(answer, '')
}

/** By nickname first, as the original (Weave row ARG-03), but never by one that two peers have. */
async function takeOver(control: IpamControl, { parameters, gone }: RouteRequest): Promise<Answer> {
  const { peer: wanted = '' } = parameters
  const peers = control.status().peers.filter(({ nickname }) => nickname === wanted)
  if (peers.length > 1) return bad(`${peers.length} peers are called '${wanted}': give the name of one`)
  const known =
    control
      .shared()
      ?.ipam?.status(control.clock())
      .peers.map(({ name }) => name) ?? []
  const peer = peers[0]?.name ?? known.find(name => name === wanted)
  if (peer === undefined) return said(`0 IPs taken over from ${wanted}`)
  const answer = await control.desk.ask({ kind: 'take-over', peer }, gone)
  if (answer.kind === 'taken-over') return said(`${answer.addresses} IPs taken over from ${wanted}`)
  return tellAddress(answer, '')
}

function leave({ tell }: IpamControl): Answer {
  tell({ kind: 'addresses', input: { kind: 'leave' } })
  return DONE
}

function showStatus(control: IpamControl): Answer {
  const status = control.shared()?.ipam?.status(control.clock())
  if (status === undefined) return { code: 404, text: NO_ADDRESSES }
  const nicknames = new Map(control.status().peers.map(({ name, nickname }) => [name, nickname]))
  return { code: 200, text: formatIpam(status, nicknames), json: jsonOf(status) }
}

/** Addresses in text form; counts as numbers, exact as far as a number is. */
export function jsonOf(status: IpamStatus): object {
  return {
    ...status,
    universe: status.universe.map(formatIpNetwork),
    total: Number(status.total),
    peers: status.peers.map(peer => ({
      ...peer,
      ranges: peer.ranges.map(({ from, to }) => ({ from: formatIpAddress(from), to: formatIpAddress(to) })),
      addresses: Number(peer.addresses),
      free: Number(peer.free),
    })),
    disputed: status.disputed.map(lease => ({ id: lease.id, address: formatIpOnLease(lease) })),
    ...(status.ownerless === undefined
      ? {}
      : { ownerless: { ...status.ownerless, addresses: Number(status.ownerless.addresses) } }),
  }
}

function tellAddress(answer: IpamAnswer, prefix: string): Answer {
  switch (answer.kind) {
    case 'address':
      return said(formatIpOnLease(answer.lease))
    case 'refused':
      return bad(`${prefix}${answer.reason}`)
    default:
      return DONE
  }
}

function withSubnet(
  { ip, prefix }: RouteRequest['parameters'],
  act: (subnet: IpNetwork) => Answer | Promise<Answer>,
): Answer | Promise<Answer> {
  const subnet = parseIpNetwork(`${ip}/${prefix}`)
  return subnet.ok ? act(subnet.value) : bad(`invalid subnet - ${subnet.error}`)
}

function allLeases(control: IpamControl): readonly Lease[] {
  return control.shared()?.ipam?.leases ?? []
}

function owned(leases: readonly Lease[]): object {
  const ids = [...new Set(leases.map(lease => lease.id))].sort()
  return {
    owned: ids.map(containerid => ({
      containerid,
      addrs: leases.filter(({ id }) => id === containerid).map(formatIpOnLease),
    })),
  }
}

function formatIpOnLease(lease: Lease): string {
  return formatIpOnNetwork({ address: lease.address as IpAddress, prefix: lease.prefix })
}

function formatLeases(leases: readonly Lease[]): string {
  return leases.map(formatIpOnLease).join(' ')
}

const DONE: Answer = { code: 204, text: '' }

function said(text: string): Answer {
  return { code: 200, text: text === '' ? '' : `${text}\n` }
}

function bad(reason: string): Answer {
  return { code: 400, text: `${reason}\nsee \`weave status ipam\`\n` }
}
