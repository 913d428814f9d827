/** Who kept what the engine made of a program, for the next start to find, or why nobody could. */
export type KeptCode = { readonly by: 'an earlier start' | 'this start' } | { readonly reason: string }

/** For the log. */
export function describeKept(program: string, kept: KeptCode): string {
  if ('by' in kept) return `compiled ${program} kept for the next start by ${kept.by}`
  return `compiled ${program} cannot be kept for the next start: ${kept.reason}`
}
