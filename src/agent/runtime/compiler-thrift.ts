import { setFlagsFromString } from 'node:v8'

/** What makes fast code of functions that run often, at some milliseconds of a processor each (V8, `flag-definitions.h`). */
const COMPILERS = ['opt', 'maglev'] as const
/**
 * How often a function runs until the last of them has its turn, as the engine has it where it has both: not what its help says, 3,000. With any
 * other number it refuses what is kept of programs.
 */
const CALLS = '--invocation-count-for-turbofan=10000'
/** And as it has it for the first. */
const FEW_CALLS = '--invocation-count-for-turbofan=400'

/**
 * For a while the engine makes no fast code, in no thread of this process. Most of what it compiles while a router starts has done its
 * work by then, and hosts of a cluster often start at once.
 */
export class CompilerThrift {
  readonly #setFlag: (flag: string) => void
  readonly #awaited = new Set<'process' | 'data path'>(['process', 'data path'])
  #isOver = false

  constructor(setFlag: (flag: string) => void = setFlagsFromString) {
    this.#setFlag = setFlag
  }

  /**
   * Begins when all have said so: their own program and the modules of Node.js are loaded. That code comes compiled, and is of use only
   * to an engine with all compilers, whichever thread it is for. What runs meanwhile is told after how many calls it is looked at again, by
   * the last compiler, as there is no first: few, or else the hop of a frame will have to run some thousand times once this is over.
   */
  loaded(part: 'process' | 'data path'): void {
    this.#awaited.delete(part)
    if (this.#isOver || this.#awaited.size > 0) return
    for (const compiler of COMPILERS) this.#setFlag(`--no-${compiler}`)
    this.#setFlag(FEW_CALLS)
  }

  /** For good, also when it has not begun. */
  end(): void {
    this.#isOver = true
    for (const compiler of COMPILERS) this.#setFlag(`--${compiler}`)
    this.#setFlag(CALLS)
  }
}
