/** The stages of a run, in their order. Each is a tag of the roles. */
export const PHASES = ['preflight', 'agent', 'files', 'bridge', 'router', 'verify', 'docker', 'remove'] as const

export type Phase = (typeof PHASES)[number]

/** A task carries its stage among other tags; what carries none, as Ansible's own checks, belongs to no stage. */
export function phaseOf(tags: readonly string[]): Phase | undefined {
  return PHASES.find(phase => tags.includes(phase))
}
