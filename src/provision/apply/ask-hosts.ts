import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT_CODES, type Problem, UserError } from '../../base/user-error.ts'
import type { Reach } from './apply-playbook.ts'
import { diagnoseText } from './diagnosis.ts'
import { withPrivateFolder } from './private-folder.ts'
import { type HostProblem, Progress } from './progress.ts'
import { runPlaybook } from './run-playbook.ts'

export interface Question {
  /** A playbook of ours whose module returns an answer. */
  readonly playbook: string
  readonly group: string
  readonly hosts: readonly string[]
  /** Not secret. */
  readonly variables: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly value: unknown
  /** When it came, in seconds since 1970. */
  readonly at: number
}

export interface Answers {
  readonly answers: ReadonlyMap<string, Answer>
  /** Of hosts that gave no answer. */
  readonly problems: ReadonlyMap<string, readonly HostProblem[]>
  readonly notices: readonly string[]
}

/** Asks all hosts the same in one run of Ansible. Variables go through a file: an argv has no room for a thousand hosts. */
export async function askHosts(reach: Reach, question: Question): Promise<Answers> {
  const progress = new Progress(question.hosts)
  const answers = new Map<string, Answer>()
  const run = await withPrivateFolder(folder => {
    const variables = join(folder, 'variables.json')
    writeFileSync(variables, JSON.stringify({ ...question.variables, weave_group: question.group }), { mode: 0o600 })
    const limit = join(folder, 'hosts')
    writeFileSync(limit, `${question.hosts.join('\n')}\n`)
    const request = {
      ...reach,
      playbook: join(reach.projectRoot, 'playbooks', `${question.playbook}.yml`),
      limit: [`@${limit}`],
      isCheck: false,
      showsDiff: false,
      variables: { weave_ship_folder: join(reach.projectRoot, 'dist', 'ship') },
      further: [...reach.further, `--extra-vars=@${variables}`],
    }
    return runPlaybook(request, {
      ...reach,
      privateFolder: folder,
      onEvent: event => {
        progress.apply(event)
        if (event.kind !== 'result' || event.answer === undefined) return
        answers.set(event.host, { value: event.answer, at: event.at })
      },
    })
  })
  if (run.isInterrupted) throw new Interrupted()
  const general: Problem[] = [...progress.generalProblems]
  if (run.exitCode !== 0 && !progress.hasFailed && answers.size === 0) general.push(diagnoseText(run.output))
  if (general.length > 0) throw new UserError(general, EXIT_CODES.failure)
  const failed = progress.hosts.filter(({ problems }) => problems.length > 0)
  return { answers, problems: new Map(failed.map(({ name, problems }) => [name, problems])), notices: progress.notices }
}

/** Ctrl-C while hosts were only looked at. */
export class Interrupted extends UserError {
  constructor() {
    super({ cause: 'interrupted before anything was changed', remedy: 'run it again' }, EXIT_CODES.interrupted)
  }
}
