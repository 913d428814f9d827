import { type AgentLab, endOf } from '../../test/system/agent/agent-lab.ts'
import { eventually } from '../../test/system/eventually.ts'
import type { Route } from './candidate.ts'

const SECONDS_MAX = 20

export type Sums = Readonly<Record<string, Readonly<Record<string, number>> | undefined>>

let runs = 0

/** Tries twice: an overlay that is flooded loses what iperf3 needs to agree on a run. */
export async function iperf(lab: AgentLab, route: Route, wishes: readonly string[]): Promise<Sums> {
  const first = await tryIperf(lab, route, wishes)
  const outcome = 'trouble' in first ? await tryIperf(lab, route, wishes) : first
  if ('trouble' in outcome) throw new Error(`iperf3 ${wishes.join(' ')} to ${route.address}: ${outcome.trouble}`)
  return outcome.sums
}

async function tryIperf(
  lab: AgentLab,
  { from, to, address }: Route,
  wishes: readonly string[],
): Promise<{ readonly sums: Sums } | { readonly trouble: string }> {
  const name = `iperf3 ${++runs}`
  const server = lab.spawn(to, ['iperf3', '-s', '-1', '--forceflush'], { name })
  try {
    await eventually(10_000, async () => {
      return lab.log(name).includes('Server listening') || `it does not listen on ${to}: ${lab.log(name)}`
    })
    const argv = ['timeout', String(SECONDS_MAX), 'iperf3', '-c', address, '-J', ...wishes]
    const { stdout, stderr, exitCode } = await lab.on(from, ...argv)
    if (stdout.trim() === '') return { trouble: `exit code ${exitCode}, ${stderr.trim() || 'not a word'}` }
    const { end, error } = JSON.parse(stdout)
    return error === undefined ? { sums: end } : { trouble: error }
  } catch (error) {
    return { trouble: String(error) }
  } finally {
    server.kill()
    // The next one listens on the same port.
    await endOf(server)
  }
}
