import type { Problem } from '../../base/user-error.ts'
import { HOST_PATHS } from '../../contract/host-paths.ts'
import type { Reach } from '../apply/apply-playbook.ts'
import { askHosts } from '../apply/ask-hosts.ts'
import { FACT_PATHS } from '../plan/host-facts.ts'
import type { Inventory } from '../plan/inventory.ts'
import { BRIDGE_PATHS } from '../render/bridge-files.ts'
import { type HostSurvey, parseSurvey } from './survey.ts'

export interface SurveyOutcome {
  readonly surveys: ReadonlyMap<string, HostSurvey>
  /** Why a host has told nothing. */
  readonly failures: ReadonlyMap<string, readonly Problem[]>
}

export interface SurveyRequest {
  readonly inventory: Pick<Inventory, 'group' | 'subnet'>
  readonly hosts: readonly string[]
  /** Files to read whole, for their differences to be shown. */
  readonly texts: readonly string[]
}

/** Files that the host may have without a record of ours: hosts set up by hand, or by the roles of old. */
const PATHS = [
  ...Object.values(FACT_PATHS),
  ...['agentConfig', 'manifest', 'certificate', 'clusterCertificate', 'admissionKey'].map(
    name => HOST_PATHS[name as keyof typeof HOST_PATHS],
  ),
  '/etc/network/interfaces.d/weave.cfg',
  ...Object.values(BRIDGE_PATHS).flat(),
  '/usr/local/lib/weave/assert-bridge',
  '/usr/local/lib/weave/supervise',
  '/etc/systemd/system/weave.service',
  '/etc/systemd/system/docker.service.d/weave.conf',
  '/etc/init.d/weave',
  '/etc/init/weave.conf',
  '/etc/logrotate.d/weave',
]

/** One run, one task: fingerprints of files rather than the files, and what the hosts say of themselves. */
export async function surveyHosts(reach: Reach, request: SurveyRequest): Promise<SurveyOutcome> {
  const { answers, problems } = await askHosts(reach, {
    playbook: 'survey',
    group: request.inventory.group,
    hosts: request.hosts,
    variables: {
      weave_subnet: request.inventory.subnet,
      weave_survey_paths: PATHS,
      weave_survey_texts: request.texts,
    },
  })
  const surveys = new Map<string, HostSurvey>()
  const failures = new Map<string, readonly Problem[]>(problems)
  for (const host of request.hosts) {
    const answer = answers.get(host)
    if (answer === undefined) {
      if (!failures.has(host)) failures.set(host, [silent()])
      continue
    }
    const survey = parseSurvey(answer.value, answer.at)
    if (survey.ok) surveys.set(host, survey.value)
    else failures.set(host, [unreadable(survey.error)])
  }
  return { surveys, failures }
}

function silent(): Problem {
  return { cause: 'it has told nothing of itself', remedy: 'run again with -v to see all that Ansible says' }
}

function unreadable(error: string): Problem {
  return { cause: `what it tells of itself is not as expected: ${error}`, remedy: 'run again with -v, and report it' }
}
