/** A system call failed; `code` is the symbolic name of the reason. */
export class SystemCallError extends Error {
  readonly code: string

  constructor(attempted: string, code: string) {
    super(`${attempted}: ${code}`)
    this.name = 'SystemCallError'
    this.code = code
  }
}
