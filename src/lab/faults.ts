import { EXIT_CODES, UserError } from '../base/user-error.ts'
import { CONTROL_NAME, type LabDescription } from './description.ts'
import { type LabInstance, portName } from './instance.ts'
import { attempt, run } from './run.ts'

const TABLE = 'weave_lab'
const SET = 'cuts'

/** A way of frames from one port of a switch to another. */
export interface Passage {
  readonly from: string
  readonly to: string
}

/** What is cut: two hosts from each other wherever they share a network, or a host from a network. */
export type Fault =
  | { readonly kind: 'passages'; readonly passages: readonly Passage[] }
  | { readonly kind: 'port'; readonly port: string }

/** `second` names a host, the control machine, or a network. */
export function faultBetween(description: LabDescription, first: string, second: string): Fault {
  const here = networksOf(description, first)
  if (here === undefined) throw unknownPlace(description, first)
  if (description.networks.some(({ name }) => name === second)) {
    if (!here.includes(second)) throw nothingShared(`'${first}' has no interface in network '${second}'`)
    return { kind: 'port', port: portName(first, second) }
  }
  const there = networksOf(description, second)
  if (there === undefined) throw unknownPlace(description, second)
  const shared = here.filter(network => there.includes(network))
  if (first === second || shared.length === 0) throw nothingShared(`'${first}' and '${second}' share no network`)
  const passages = shared.flatMap(network => {
    const [a, b] = [portName(first, network), portName(second, network)]
    return [
      { from: a, to: b },
      { from: b, to: a },
    ]
  })
  return { kind: 'passages', passages }
}

/** Cutting what is cut, and healing what is whole, changes nothing. */
export async function cut(instance: LabInstance, fault: Fault): Promise<void> {
  if (fault.kind === 'port') return setPort(instance, fault.port, 'down')
  await inSwitch(instance, `${tableRules()}add element bridge ${TABLE} ${SET} { ${elements(fault.passages)} }\n`)
}

export async function heal(instance: LabInstance, fault: Fault): Promise<void> {
  if (fault.kind === 'port') return setPort(instance, fault.port, 'up')
  const present = await cutPassages(instance)
  const isPresent = (one: Passage) => present.some(({ from, to }) => from === one.from && to === one.to)
  const mended = fault.passages.filter(isPresent)
  if (mended.length > 0) await inSwitch(instance, `delete element bridge ${TABLE} ${SET} { ${elements(mended)} }\n`)
}

export async function cutPassages(instance: LabInstance): Promise<readonly Passage[]> {
  const argv = [...switchPrefix(instance), 'nft', '--json', 'list', 'set', 'bridge', TABLE, SET]
  const { status, stdout } = await attempt(argv)
  return status === 0 ? parseCuts(stdout) : [] // no table: nothing has been cut yet
}

export function parseCuts(json: string): readonly Passage[] {
  const listed = JSON.parse(json) as { nftables: readonly { set?: { elem?: readonly { concat: string[] }[] } }[] }
  const cuts = listed.nftables.flatMap(({ set }) => set?.elem ?? [])
  return cuts.map(({ concat: [from = '', to = ''] }) => ({ from, to }))
}

/** Ports that a cut has taken down. */
export async function downPorts(instance: LabInstance): Promise<readonly string[]> {
  const { status, stdout } = await attempt([
    'ip',
    '-n',
    instance.switchNamespace,
    '-json',
    'link',
    'show',
    'type',
    'veth',
  ])
  if (status !== 0) return []
  const links = JSON.parse(stdout || '[]') as { ifname: string; flags: string[] }[]
  return links.filter(({ flags }) => !flags.includes('UP')).map(({ ifname }) => ifname)
}

function tableRules(): string {
  return [
    `add table bridge ${TABLE}`,
    `add set bridge ${TABLE} ${SET} { type ifname . ifname; }`,
    `add chain bridge ${TABLE} forward { type filter hook forward priority 0; policy accept; }`,
    `flush chain bridge ${TABLE} forward`,
    `add rule bridge ${TABLE} forward iifname . oifname @${SET} counter drop`,
    '',
  ].join('\n')
}

function elements(passages: readonly Passage[]): string {
  return passages.map(({ from, to }) => `"${from}" . "${to}"`).join(', ')
}

async function setPort(instance: LabInstance, port: string, state: 'up' | 'down'): Promise<void> {
  await run(['ip', '-n', instance.switchNamespace, 'link', 'set', port, state])
}

async function inSwitch(instance: LabInstance, rules: string): Promise<void> {
  await run([...switchPrefix(instance), 'nft', '-f', '-'], { input: rules })
}

/** Not `ip netns exec`: nothing of this needs another /sys. */
export function switchPrefix(instance: LabInstance): readonly string[] {
  return ['nsenter', `--net=/run/netns/${instance.switchNamespace}`]
}

function networksOf(description: LabDescription, name: string): readonly string[] | undefined {
  if (name === CONTROL_NAME) return description.networks.map(network => network.name)
  return description.hosts.find(host => host.name === name)?.interfaces.map(({ network }) => network)
}

function unknownPlace(description: LabDescription, name: string): UserError {
  const hosts = description.hosts.map(host => host.name)
  const networks = description.networks.map(network => network.name)
  return new UserError(
    {
      cause: `the lab has no '${name}'`,
      remedy: `name one of ${[...hosts, CONTROL_NAME].join(', ')}; or as second a network: ${networks.join(', ')}`,
    },
    EXIT_CODES.badInput,
  )
}

function nothingShared(cause: string): UserError {
  const remedy = 'weave-provision lab status shows who is in which network'
  return new UserError({ cause, remedy }, EXIT_CODES.badInput)
}
