declare const WEAVE_VERSION: string | undefined

/** Set by the build. */
export const AGENT_VERSION = typeof WEAVE_VERSION === 'string' ? WEAVE_VERSION : 'from source'
