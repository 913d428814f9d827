import type { Review } from '../change/review.ts'

/** What a host is, as far as files and commands differ by it. */
export interface Platform {
  readonly host: string
  readonly underlayAddresses: readonly string[]
  readonly initSystem: string
  readonly networkTool: string
  /** Null where there is no Docker, or one that does not run. */
  readonly dockerVersion: string | null
  readonly dockerMethod: string
  readonly firewalls: readonly string[]
  readonly kernel: string
}

/** Of the hosts that have answered: as they were found, or as the inventory says. */
export function platformsOf({ plan, surveys }: Pick<Review, 'plan' | 'surveys'>): readonly Platform[] {
  return plan.hosts.flatMap(({ name, underlayAddresses, initSystem, networkTool, dockerMethod }) => {
    const survey = surveys.get(name)
    if (survey === undefined) return []
    const { facts, docker, system } = survey
    return [
      {
        host: name,
        underlayAddresses,
        initSystem: initSystem ?? facts.initSystem,
        networkTool: networkTool ?? facts.networkTool,
        dockerVersion: docker?.version || null,
        dockerMethod: dockerMethod ?? 'auto',
        firewalls: system.firewalls,
        kernel: system.kernel,
      },
    ]
  })
}
