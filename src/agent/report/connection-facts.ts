import type { ConnectionStatus } from '../../core/router/index.ts'

/** How frames go over a connection to a peer. */
export interface ConnectionFacts {
  readonly name: 'sleeve' | 'fastdp'
  readonly isEncrypted: boolean
  /** Undefined until it has been measured. */
  readonly mtu: number | undefined
}

/**
 * Read off what is shown of a connection, `encrypted   fastdp PEER mtu=1376`, so that status, report and metrics cannot differ.
 * Undefined while there is nothing to say but why it does not stand.
 */
export function factsOf({ info }: ConnectionStatus): ConnectionFacts | undefined {
  const [, encryption, name] = /^(encrypted|unencrypted) +(sleeve|fastdp)\b/.exec(info) ?? []
  if (name !== 'sleeve' && name !== 'fastdp') return undefined
  const [, mtu] = /\bmtu=(\d+)/.exec(info) ?? []
  return { name, isEncrypted: encryption === 'encrypted', mtu: mtu === undefined ? undefined : Number(mtu) }
}
