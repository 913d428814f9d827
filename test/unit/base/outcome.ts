import type { Result } from '../../../src/base/result.ts'

/** The value of a result that the test takes for granted. */
export function acceptedBy<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error)
  return result.value
}

/** The reason of a refusal that the test expects. */
export function refusalBy(result: Result<unknown>): string {
  if (result.ok) throw new Error(`expected a refusal, got ${JSON.stringify(result.value)}`)
  return result.error
}
