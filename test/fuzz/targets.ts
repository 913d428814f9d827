import { BODY_TARGETS } from './body-targets.ts'
import { DECODER_TARGETS } from './decoder-targets.ts'
import { FORWARDER_TARGETS } from './forwarder-targets.ts'
import { PASSWORD_TARGETS } from './password-targets.ts'
import { ROUTER_TARGETS } from './router-targets.ts'

/** Something that takes bytes from the network. */
export interface FuzzTarget {
  readonly name: string
  /** Well-formed inputs to begin with. */
  readonly seeds: () => readonly Uint8Array[]
  /** What runs one input, and throws when that shows a bug. */
  readonly create: () => (input: Uint8Array) => void
}

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  ...DECODER_TARGETS,
  ...BODY_TARGETS,
  ...PASSWORD_TARGETS,
  ...FORWARDER_TARGETS,
  ...ROUTER_TARGETS,
]
