import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Candidate, hostRoutes } from '../candidate.ts'
import { spawnDaemons } from '../daemons.ts'

/** A peer whose paths have one relay at most: `b`, in the middle. */
export const STAR = ['a', 'b', 'c'] as const
export type StarHost = (typeof STAR)[number]
export const MIDDLE: StarHost = 'b'

export interface StarPlan extends Pick<Candidate, 'name' | 'about'> {
  /** Of `/24`; the hosts are 1, 2 and 3. */
  readonly network: string
  readonly program: string
  /** Writes what the daemons read to `folder`, and gives each its arguments. */
  prepare(folder: string, underlayMtu: number): (host: StarHost) => readonly string[]
}

export function starCandidate({ name, about, network, program, prepare }: StarPlan): Candidate {
  return {
    name,
    about,
    kind: 'peer',
    isSealed: true,
    async start(lab, underlayMtu) {
      const folder = join(lab.folder, name)
      mkdirSync(folder)
      const argumentsOf = prepare(folder, underlayMtu)
      const daemons = spawnDaemons(lab, name, STAR, host => [program, ...argumentsOf(host)])
      const addressOf = (host: string) => starAddress(network, host as StarHost)
      return { routes: hostRoutes(addressOf, ['direct', 'one relay']), daemons }
    },
  }
}

export function starAddress(network: string, host: StarHost): string {
  return `${network}.${STAR.indexOf(host) + 1}`
}
