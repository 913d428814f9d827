/** An expected outcome: what was wanted, or why not. Failures of the world throw instead. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function refused<T = never>(error: string): Result<T> {
  return { ok: false, error }
}
