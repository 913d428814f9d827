import type { Release } from '../../../src/cli/weave/context.ts'

/** For commands that start no router. */
export const NOWHERE: Release = { dataPathProgram: new URL('file:///nowhere'), keepCode: () => ({ by: 'this start' }) }
