import { tryAside } from './run-aside.ts'
import { type Argv, tryCommand } from './run-command.ts'

/** Which process listens on a port, as in `dnsmasq (pid 712)`; undefined when it cannot be told. */
export async function findPortHolder(protocol: 'tcp' | 'udp', port: number): Promise<string | undefined> {
  return parseHolder((await tryAside(listeners(protocol, port))) ?? '')
}

/** The same before the router runs: the process does nothing else meanwhile. */
export function findPortHolderAtStart(protocol: 'tcp' | 'udp', port: number): string | undefined {
  return parseHolder(tryCommand(listeners(protocol, port)) ?? '')
}

function listeners(protocol: 'tcp' | 'udp', port: number): Argv {
  const sockets = protocol === 'tcp' ? ['--tcp', '--listening'] : ['--udp', '--all']
  return ['ss', '--no-header', '--numeric', '--processes', ...sockets, 'sport', '=', `:${port}`]
}

/** `output`: of `ss --processes`. */
export function parseHolder(output: string): string | undefined {
  const match = /users:\(\("([^"]+)",pid=(\d+)/.exec(output)
  return match === null ? undefined : `${match[1]} (pid ${match[2]})`
}
