import { EXIT_CODES, type Problem, UserError } from '../../base/user-error.ts'
import { runTool } from '../ansible/run-tool.ts'
import type { Listing } from './listing.ts'
import { isUnresolved } from './unresolved.ts'

type Variables = Readonly<Record<string, unknown>>

/** Hosts whose variables with these names hold templates or vaulted values. */
interface Batch {
  readonly names: readonly string[]
  readonly hosts: readonly string[]
}

export interface ResolveOptions {
  readonly inventoryPath: string
  readonly vaultArguments: readonly string[]
}

/**
 * Puts values in the place of templates and vaulted values, among the variables that are read here. Ansible evaluates them, on
 * this machine: the debug action connects to no host, so facts of hosts cannot be used.
 */
export async function resolveTemplates(listing: Listing, options: ResolveOptions): Promise<Listing> {
  const resolved: Record<string, Variables> = { ...listing.hostVariables }
  for (const batch of batchesOf(listing)) {
    const outcome = await evaluate(batch, options)
    for (const [host, values] of outcome) resolved[host] = { ...resolved[host], ...values }
  }
  return { ...listing, hostVariables: resolved }
}

/** Hosts with the same names together: mostly that is one batch. */
export function batchesOf(listing: Listing): readonly Batch[] {
  const batches = new Map<string, { names: string[]; hosts: string[] }>()
  for (const [host, variables] of Object.entries(listing.hostVariables)) {
    const names = Object.keys(variables)
      .filter(name => /^weave_\w+$/.test(name) || name === 'ansible_host')
      .filter(name => isUnresolved(variables[name]))
      .sort()
    if (names.length === 0) continue
    const key = names.join(' ')
    const batch = batches.get(key) ?? { names, hosts: [] }
    batch.hosts.push(host)
    batches.set(key, batch)
  }
  return [...batches.values()]
}

async function evaluate({ names, hosts }: Batch, options: ResolveOptions): Promise<ReadonlyMap<string, Variables>> {
  const pairs = names.map(name => `"${name}": ${name}`)
  const action = JSON.stringify({ msg: `{{ {${pairs.join(', ')}} }}` })
  const result = await runTool([
    'ansible',
    hosts.join(','),
    ...['-i', options.inventoryPath, ...options.vaultArguments],
    ...['--one-line', '-m', 'ansible.builtin.debug', '-a', action],
  ])
  const values = new Map<string, Variables>()
  const problems: Problem[] = []
  for (const host of hosts) {
    const answer = answerFor(host, result.stdout)
    if (typeof answer === 'object') values.set(host, answer)
    else problems.push(unresolvable({ host, names, reason: answer ?? result.stderr }))
  }
  if (problems.length > 0) throw new UserError(problems, EXIT_CODES.badInput)
  return values
}

/** The values, or why there are none; undefined when Ansible does not mention the host. */
export function answerFor(host: string, output: string): Variables | string | undefined {
  const line = output.split('\n').find(each => each.startsWith(`${host} | `))
  const json = line?.slice(line.indexOf('=>') + 2)
  if (json === undefined) return undefined
  const { msg } = JSON.parse(json) as { msg?: unknown }
  return typeof msg === 'object' && msg !== null ? (msg as Variables) : String(msg)
}

function unresolvable(failure: { host: string; names: readonly string[]; reason: string }): Problem {
  const undefinedName = /'([^']+)' is undefined/.exec(failure.reason)?.[1]
  const reason = undefinedName === undefined ? failure.reason.trim().slice(0, 200) : `'${undefinedName}' is undefined`
  return {
    cause: `Ansible cannot evaluate ${failure.names.join(', ')} of host '${failure.host}': ${reason}`,
    remedy: 'use values that are known without connecting to the host; facts of hosts are not',
  }
}
