/** Well-known codes (CNI specification 1.1, section 5, Error). */
export const CNI_CODES = {
  incompatibleVersion: 1,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodeFailure: 6,
  invalidConfig: 7,
  tryAgain: 11,
  unavailable: 50,
} as const

export class CniError extends Error {
  readonly code: number
  readonly details: string

  constructor(code: (typeof CNI_CODES)[keyof typeof CNI_CODES], message: string, details = '') {
    super(message)
    this.name = 'CniError'
    this.code = code
    this.details = details
  }
}
