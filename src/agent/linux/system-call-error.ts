/** A system call failed; `code` is the symbolic name of the reason, `said` what the kernel itself says of it. */
export class SystemCallError extends Error {
  readonly code: string

  constructor(attempted: string, code: string, said?: string) {
    super(`${attempted}: ${code}${said === undefined ? '' : ` (${said})`}`)
    this.name = 'SystemCallError'
    this.code = code
  }
}
