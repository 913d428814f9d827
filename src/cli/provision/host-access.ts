import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { Reach } from '../../provision/apply/apply-playbook.ts'
import { withSharedConnections } from '../../provision/apply/connections.ts'
import { ensureAnsible } from '../../provision/apply/ensure-ansible.ts'
import { type Review, reviewCluster } from '../../provision/change/review.ts'
import { readSources, type SourceOptions, type Sources } from '../../provision/prepare-plan.ts'
import { printNotice } from '../output.ts'
import { projectRoot } from '../project-root.ts'
import { withBecomePassword } from './become-password.ts'
import { openLab } from './lab-access.ts'
import { checkCanary, checkLimit, type PlaybookArguments } from './playbook-options.ts'

/** An inventory that has been read, and the way to its hosts. */
export interface HostAccess {
  readonly sources: Sources
  readonly reach: Reach
  /** Names that `--limit` gives; all when empty. */
  readonly limit: readonly string[]
  readonly isLab: boolean
}

export interface AccessOptions extends Pick<SourceOptions, 'formerInventory' | 'supposing'> {
  readonly startsLab: boolean
  /** Has to be among the hosts of the run. */
  readonly canary?: string
}

/** What is wrong in the inventory or in the call is refused before any host is contacted. */
export async function withHostAccess<T>(
  options: PlaybookArguments,
  access: AccessOptions,
  use: (access: HostAccess) => Promise<T>,
): Promise<T> {
  await ensureAnsible(printNotice)
  refuseUnbuilt()
  const sources = await readSources({
    inventoryPath: options.inventory,
    vaultPasswordFile: options.vaultPasswordFile,
    formerInventory: access.formerInventory,
    supposing: access.supposing,
  })
  refuseProblems(sources)
  const names = sources.inventory.hosts.map(({ name }) => name)
  const limit = checkLimit(options.limit ?? [], names)
  checkCanary(access.canary, limit.length > 0 ? limit : names)
  const lab = await openLab(options.inventory, sources, { isStarted: access.startsLab })
  const work = (becomePasswordFile: string | undefined, connectionsFolder: string) => {
    const reach: Reach = {
      projectRoot: projectRoot(),
      inventory: resolve(options.inventory),
      vaultPasswordFile: options.vaultPasswordFile === undefined ? undefined : resolve(options.vaultPasswordFile),
      prefix: lab?.prefix ?? [],
      further: lab?.ansibleArguments ?? [],
      verbosity: options.verbose,
      asksBecomePassword: false,
      becomePasswordFile,
      forks: options.forks,
      privateKey: options.privateKey === undefined ? undefined : resolve(options.privateKey),
      outputFd: options.json === true ? 2 : 1,
      connectionsFolder,
    }
    return use({ sources, reach, limit, isLab: lab !== undefined })
  }
  return withBecomePassword(options.askBecomePass === true, file =>
    withSharedConnections(connections => work(file, connections)),
  )
}

/** Looks at the hosts, and compares them with what the inventory says. */
export async function reviewHosts(access: HostAccess, options: PlaybookArguments): Promise<Review> {
  return reviewCluster(access.sources, {
    reach: access.reach,
    limit: access.limit,
    release: { digest: releaseDigest() },
    templatesFolder: join(projectRoot(), 'templates'),
    vaultPasswordFile: options.vaultPasswordFile,
  })
}

/** Of the agent that this build ships. */
export function releaseDigest(): string {
  const index = JSON.parse(readFileSync(shipIndex(), 'utf8')) as { agent: { digest: string } }
  return index.agent.digest
}

function refuseProblems({ problems }: Sources): void {
  if (problems.length > 0) throw new UserError(problems, EXIT_CODES.badInput)
}

function refuseUnbuilt(): void {
  if (existsSync(shipIndex())) return
  throw new UserError({ cause: 'the agent has not been built', remedy: "run 'npm run build' in the project's folder" })
}

function shipIndex(): string {
  return join(projectRoot(), 'dist', 'ship', 'index.json')
}
