import { formatIpAddress, type IpAddress, parseIpAddress } from '../../base/ip-address.ts'
import {
  type Entry,
  type EntryData,
  entryProblem,
  type FoundEntry,
  type Input,
  type SharedView,
} from '../../core/router/index.ts'
import { type Answer, absent, type Route, type RouteRequest } from '../http/route.ts'

const NO_NAMES = 'this router answers no names\nit was launched with --no-dns: launch it again without\n'

export interface NameControl {
  shared(): SharedView | undefined
  tell(input: Input): void
  /** What the host is called that has the address, where it is sure that this one has not. */
  holderOf(address: IpAddress): string | undefined
  /** Without the dot at their end; the first is the search domain. */
  readonly domains: readonly [string, ...string[]]
  /** Whether names of containers that fail their health check are answered last. */
  readonly heedsHealth: boolean
  readonly ttlSeconds: number
  upstream(): readonly string[]
  /** Where names are answered; undefined while they are not. */
  listening(): { readonly ip: string; readonly port: number } | undefined
}

/** Names over the original's paths (Weave rows API-19 to API-22, STAT-03), and records beyond addresses. */
export function nameRoutes(control: NameControl): readonly Route[] {
  const routes = allRoutes(control)
  return control.shared()?.names === undefined ? absent(routes, NO_NAMES) : routes
}

function allRoutes(control: NameControl): readonly Route[] {
  const remove = (request: RouteRequest) => removeNames(control, request)
  return [
    { method: 'GET', path: '/domain', answer: () => said(`${control.domains[0]}.`) },
    { method: 'GET', path: '/domains', answer: () => said(control.domains.map(domain => `${domain}.`).join('\n')) },
    { method: 'GET', path: '/dns-address', answer: () => place(control, ({ ip }) => ip) },
    { method: 'GET', path: '/dns-address-port', answer: () => place(control, ({ ip, port }) => `${ip}:${port}`) },
    { method: 'GET', path: '/name', answer: () => listNames(control) },
    { method: 'GET', path: '/status/dns', answer: () => listNames(control) },
    { method: 'GET', path: '/name-owners', answer: () => said(ownersOf(control).join('\n')) },
    { method: 'PUT', path: '/name/:container/:ip', answer: request => addAddress(control, request) },
    { method: 'PUT', path: '/name/:container', answer: request => addRecord(control, request) },
    { method: 'PUT', path: '/health/:container/:state', answer: request => judge(control, request) },
    { method: 'DELETE', path: '/name', answer: remove },
    { method: 'DELETE', path: '/name/:container', answer: remove },
    { method: 'DELETE', path: '/name/:container/:ip', answer: remove },
  ]
}

async function addAddress(control: NameControl, request: RouteRequest): Promise<Answer> {
  const { container = '', ip = '' } = request.parameters
  const address = parseIpAddress(ip)
  if (!address.ok) return bad(address.error)
  const holder = control.holderOf(address.value)
  if (holder !== undefined) {
    return bad(`address ${ip} is host ${holder}'s, whose names alone count for it: run 'weave dns-add' there`)
  }
  return add(control, {
    id: container,
    name: await nameIn(request),
    data: { kind: 'address', address: formatIpAddress(address.value) },
  })
}

/** A form with `cname`, `txt` or `srv` (PRIORITY WEIGHT PORT TARGET). */
async function addRecord(control: NameControl, request: RouteRequest): Promise<Answer> {
  const form = await request.form()
  const data = dataOf(form)
  if (data === undefined) {
    const srv = form.get('srv')
    return bad(srv === null ? 'give a form with one of cname, txt, srv' : `'${srv}' is not PRIORITY WEIGHT PORT TARGET`)
  }
  return add(control, { id: request.parameters.container ?? '', name: plain(form.get('fqdn') ?? ''), data })
}

function dataOf(form: URLSearchParams): EntryData | undefined {
  const [cname, text, srv] = [form.get('cname'), form.get('txt'), form.get('srv')]
  if (cname !== null) return { kind: 'cname', target: plain(cname) }
  if (text !== null) return { kind: 'txt', text }
  const [, priority, weight, port, target = ''] = /^(\d+) (\d+) (\d+) (\S+)$/.exec(srv ?? '') ?? []
  if (target === '') return undefined
  return { kind: 'srv', priority: Number(priority), weight: Number(weight), port: Number(port), target: plain(target) }
}

function add(control: NameControl, entry: Entry): Answer {
  const problem = entryProblem(entry)
  if (problem !== undefined) return bad(problem)
  if (domainOf(entry.name, control.domains) === undefined) {
    return bad(`the name '${entry.name}' is not in the domain '${control.domains.join("' or '")}'`)
  }
  const hasRoom = control.shared()?.names?.hasRoomFor(entry)
  control.tell({ kind: 'names', change: { kind: 'add', entry } })
  return hasRoom === false ? NO_ROOM : { code: 204, text: '' }
}

const NO_ROOM: Answer = {
  code: 507,
  text: 'this host has more names than it can tell the others of\ntake names away that nobody needs: see `weave status dns`\n',
}

/** Others read no other form of an address, and an entry that they cannot read hides all names of this host. */
function inOneForm(ip: string): string {
  const address = parseIpAddress(ip)
  return address.ok ? formatIpAddress(address.value) : ip
}

/** `healthy` or `unhealthy`, as Docker says it. */
function judge({ heedsHealth, tell }: NameControl, { parameters }: RouteRequest): Answer {
  const { container = '', state } = parameters
  if (state !== 'healthy' && state !== 'unhealthy') return bad(`'${state}' is neither healthy nor unhealthy`)
  if (heedsHealth) tell({ kind: 'names', change: { kind: 'judge', id: container, isHealthy: state === 'healthy' } })
  return { code: 204, text: '' }
}

function removeNames(control: NameControl, { parameters, query }: RouteRequest): Answer {
  const { container } = parameters
  const ip = parameters.ip === undefined ? undefined : inOneForm(parameters.ip)
  const name = plain(query.get('fqdn') ?? '').toLowerCase()
  const fits = (entry: Entry) =>
    (container === undefined || container === '*' || entry.id === container) &&
    (ip === undefined || (entry.data.kind === 'address' && entry.data.address === ip)) &&
    (name === '' || entry.name.toLowerCase() === name)
  control.tell({ kind: 'names', change: { kind: 'remove', fits } })
  return { code: 204, text: '' }
}

/** Containers, and whoever else, that have names from this router. */
function ownersOf(control: NameControl): readonly string[] {
  return [...new Set((control.shared()?.names?.own ?? []).map(({ id }) => id))]
}

/** `NAME ADDRESS CONTAINER PEER`; what is refused, stale or unhealthy is marked. */
function listNames(control: NameControl): Answer {
  const names = control.shared()?.names?.all ?? []
  const rows = [...names].sort((a, b) => (a.name < b.name ? -1 : 1))
  const text = rows.map(row => lineOf(row, control.domains))
  return { code: 200, text: text.join(''), json: rows }
}

/** In the first domain without it, as the original has it. */
function lineOf(entry: FoundEntry, [search]: NameControl['domains']): string {
  const { name, id, peer, data } = entry
  const short = /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id
  const shown = domainOf(name, [search]) === undefined ? name : name.slice(0, -search.length - 1)
  return `${shown.padEnd(12)} ${textOf(data).padEnd(15)} ${short} ${peer}${markOf(entry)}\n`
}

function markOf({ isRefused, isStale, isUnhealthy }: FoundEntry): string {
  if (isRefused === true) return ' - refused!'
  if (isStale) return ' - unreachable!'
  return isUnhealthy === true ? ' - unhealthy' : ''
}

/** The domain that a name is in. */
function domainOf(name: string, domains: readonly string[]): string | undefined {
  return domains.find(domain => name.toLowerCase().endsWith(`.${domain}`))
}

function textOf(data: EntryData): string {
  switch (data.kind) {
    case 'address':
      return data.address
    case 'cname':
      return `CNAME ${data.target}`
    case 'txt':
      return `TXT ${JSON.stringify(data.text)}`
    case 'srv':
      return `SRV ${data.priority} ${data.weight} ${data.port} ${data.target}`
  }
}

function place(control: NameControl, text: (at: { readonly ip: string; readonly port: number }) => string): Answer {
  const listening = control.listening()
  return listening === undefined
    ? {
        code: 404,
        text: 'no names are answered yet\n`weave events` tells why; `weave expose` gives the bridge an address to listen on\n',
      }
    : said(text(listening))
}

async function nameIn(request: RouteRequest): Promise<string> {
  return plain((await request.form()).get('fqdn') ?? '')
}

function plain(name: string): string {
  return name.replace(/\.$/, '')
}

function said(text: string): Answer {
  return { code: 200, text: `${text}\n` }
}

function bad(reason: string): Answer {
  return { code: 400, text: `${reason}\nsee \`weave status dns\`\n` }
}
