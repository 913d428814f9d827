import type { ClusterFacts, Disorder } from './disorder.ts'

/** One way across the overlay, as it was measured. */
export interface Way {
  readonly kind: 'host' | 'container'
  readonly from: string
  readonly to: string
  readonly works: boolean
  readonly lossPercent: number | null
  readonly roundTripMs: number | null
  /** The largest packet that came back, in bytes, up to the bridge's MTU. */
  readonly mtu: number | null
  /** Of one TCP stream while the other hosts measure as well. */
  readonly megabits: number | null
  /** direct, punched or relayed, and through whom; over TCP where UDP is blocked. */
  readonly path: string
  /** Why it does not work. */
  readonly reason: string | null
}

export interface Measured {
  readonly kind: 'host' | 'container'
  readonly to: string
  readonly lossPercent: number
  readonly roundTripMs: number | null
  readonly mtu: number | null
  readonly megabits: number | null
}

/** Of ten pings two may be lost by chance; more is a way that nobody wants to work over. */
const LOSS_PERCENT_MAX = 20

export interface MatrixInput {
  readonly facts: ClusterFacts
  readonly disorders: readonly Disorder[]
  /** By the host that measured. */
  readonly measured: ReadonlyMap<string, readonly Measured[]>
  /** Why a host could not measure. */
  readonly troubles: ReadonlyMap<string, string>
  /** Hosts with a container on the bridge. */
  readonly containers: readonly string[]
  readonly hosts: readonly string[]
}

/** Every pair in both directions, hosts first. A pair that nobody could measure does not work. */
export function matrixOf(input: MatrixInput): readonly Way[] {
  return (['host', 'container'] as const).flatMap(kind => {
    const ends = kind === 'host' ? input.hosts : input.hosts.filter(host => input.containers.includes(host))
    return ends.flatMap(from => ends.filter(to => to !== from).map(to => wayOf(input, { kind, from, to })))
  })
}

interface Pair {
  readonly kind: Way['kind']
  readonly from: string
  readonly to: string
}

function wayOf(input: MatrixInput, { kind, from, to }: Pair): Way {
  const row = input.measured.get(from)?.find(one => one.kind === kind && one.to === to)
  const lack = lackOf(row, input.facts.plan.mtu)
  return {
    kind,
    from,
    to,
    works: lack === undefined,
    lossPercent: row?.lossPercent ?? null,
    roundTripMs: row?.roundTripMs ?? null,
    mtu: row?.mtu ?? null,
    megabits: row?.megabits ?? null,
    path: pathBetween(input.facts, from, to),
    reason: lack === undefined ? null : reasonOf(input, { from, to, lack, isUnmeasured: row === undefined }),
  }
}

/** What a way has less than it should; undefined of one that works. */
function lackOf(row: Measured | undefined, mtu: number): string | undefined {
  if (row === undefined) return 'nothing was measured'
  if (row.lossPercent === 100) return 'no answer to a ping'
  if (row.lossPercent > LOSS_PERCENT_MAX) return `${row.lossPercent} % of the pings are lost`
  if (row.mtu !== null && row.mtu < mtu) return `it carries packets of ${row.mtu} bytes, and the overlay has ${mtu}`
  return undefined
}

interface Failure extends Omit<Pair, 'kind'> {
  readonly lack: string
  readonly isUnmeasured: boolean
}

/** What stands between the two, else what kept it from being measured, else what is wrong with either of them. */
function reasonOf({ facts, disorders, troubles }: MatrixInput, failure: Failure): string {
  const { from, to, lack, isUnmeasured } = failure
  const away = [from, to].find(host => facts.silent.has(host))
  if (away !== undefined) return `${away} cannot be asked: ${facts.silent.get(away)}`
  const isError = ({ severity }: Disorder) => severity === 'error'
  const between = disorders.find(
    ({ host, cause }) => (host === from && names(cause, to)) || (host === to && names(cause, from)),
  )
  const trouble = between === undefined && isUnmeasured ? troubles.get(from) : undefined
  if (trouble !== undefined) return `${lack}: ${from} could not measure: ${trouble}`
  const either = disorders.find(one => (one.host === from || one.host === to) && isError(one))
  const found = between ?? either
  if (found !== undefined) return `${lack}; ${found.host}: ${found.cause}`
  return `${lack}, and no check says why: 'weave-provision logs' of both`
}

function names(cause: string, host: string): boolean {
  return cause.split(/[^A-Za-z0-9._-]+/).some(word => word.replace(/\.$/, '') === host)
}

function pathBetween({ examinations }: ClusterFacts, from: string, to: string): string {
  const router = examinations.get(from)?.router
  const peer = router?.peers.find(({ nickname }) => nickname === to)
  if (router === null || router === undefined || peer === undefined || !peer.isReachable) return 'none'
  const isCarried = router.connections.some(({ peer: at, info }) => at === to && info.includes('over tls'))
  if (isCarried) return 'direct, over TCP'
  if (peer.path?.kind !== 'relayed') return peer.path?.kind ?? 'direct'
  const relay = router.peers.find(({ name }) => name === peer.nextHop)
  return relay === undefined ? 'relayed' : `relayed by ${relay.nickname}`
}
