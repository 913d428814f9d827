import { EXIT_CODES, UserError } from '../../base/user-error.ts'

const REMEDY = 'see pkg.go.dev/text/template; `weave report` shows the fields there are'

/** A template that cannot be read, or does not fit the values it is given. */
export class TemplateError extends UserError {
  constructor(cause: string) {
    super({ cause: `template: ${cause}`, remedy: REMEDY }, EXIT_CODES.badInput)
    this.name = 'TemplateError'
  }
}
