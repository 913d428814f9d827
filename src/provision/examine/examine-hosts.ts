import type { Reach } from '../apply/apply-playbook.ts'
import { askHosts } from '../apply/ask-hosts.ts'
import type { Plan, PlannedHost } from '../plan/plan.ts'
import { overheadAt } from '../survey/findings.ts'
import { type Examination, parseExamination } from './examination.ts'

export interface ExamineRequest {
  readonly plan: Plan
  readonly hosts: readonly string[]
  readonly depth: 'status' | 'whole'
  /** So many last lines of each router's log. */
  readonly logs?: number
}

export interface ExamineOutcome {
  readonly examinations: ReadonlyMap<string, Examination>
  /** Why a host has told nothing. */
  readonly silent: ReadonlyMap<string, string>
}

/** From each host so many others are tried beneath the overlay: all pairs of a large cluster would take for ever. */
const PEERS_MAX = 64

/** One run, one task. */
export async function examineHosts(reach: Reach, request: ExamineRequest): Promise<ExamineOutcome> {
  const { plan, hosts, depth } = request
  const { answers, problems } = await askHosts(reach, {
    playbook: 'examine',
    group: plan.group,
    hosts,
    variables: {
      weave_subnet: plan.subnet,
      weave_examine: {
        depth,
        logs: request.logs ?? 0,
        ports: Object.fromEntries(plan.hosts.map(({ name, port }) => [name, port])),
        peers: depth === 'status' ? {} : Object.fromEntries(hosts.map(host => [host, peersOf(plan, host)])),
      },
    },
  })
  const examinations = new Map<string, Examination>()
  const silent = new Map<string, string>()
  for (const host of hosts) {
    const answer = answers.get(host)
    const parsed = answer === undefined ? undefined : parseExamination(answer.value, answer.at)
    if (parsed?.ok === true) examinations.set(host, parsed.value)
    else silent.set(host, parsed === undefined ? reasonOf(problems.get(host)) : `its answer is odd: ${parsed.error}`)
  }
  return { examinations, silent }
}

function reasonOf(problems: readonly { readonly cause: string }[] | undefined): string {
  return problems?.[0]?.cause ?? 'it has told nothing of itself'
}

interface ExaminedPeer {
  readonly host: string
  readonly address: string
  readonly port: number
  /** Bytes that the way there must carry. */
  readonly size: number
}

/** The next in the order of numbers, round the row: together they cover every pair of a small cluster. */
function peersOf(plan: Plan, name: string): readonly ExaminedPeer[] {
  const { hosts, mtu } = plan
  const at = hosts.findIndex(host => host.name === name)
  const others: readonly PlannedHost[] = [...hosts.slice(at + 1), ...hosts.slice(0, Math.max(0, at))]
  return others
    .slice(0, PEERS_MAX)
    .flatMap(({ name: host, port, underlayAddresses }) =>
      underlayAddresses.map(address => ({ host, address, port, size: mtu + overheadAt(address, plan) })),
    )
}
