import type { Endpoint } from '../../base/endpoint.ts'
import { UserError } from '../../base/user-error.ts'
import type { Libc } from '../linux/libc.ts'
import { findPortHolderAtStart } from '../linux/port-holder.ts'
import { openPromptSocket } from '../linux/prompt-socket.ts'
import { openUdpSocket, type UdpSocket } from '../linux/udp-socket.ts'
import type { LinkListener } from '../transport/link-listener.ts'
import type { Logger } from './logger.ts'

const NO_PROMPT_SOCKET = 'the kernel gives no prompt socket: beside streams, questions and answers wait in their queue'

export function openSleeveSocket(libc: Libc, local: Endpoint): UdpSocket {
  try {
    return openUdpSocket(libc, local)
  } catch (cause) {
    throw explain(cause, 'udp', local)
  }
}

/** The file descriptor of the prompt socket; -1 where the system gives none. */
export function openPromptFd(libc: Libc, udp: UdpSocket, log: Logger): number {
  const prompt = openPromptSocket(libc, udp)
  if (prompt === undefined) log.write('info', NO_PROMPT_SOCKET)
  return prompt?.fd ?? -1
}

export async function listenForLinks(listener: LinkListener, local: Endpoint): Promise<void> {
  try {
    await listener.listen(local)
  } catch (cause) {
    throw explain(cause, 'tcp', local)
  }
}

function explain(cause: unknown, protocol: 'tcp' | 'udp', { ip, port }: Endpoint): unknown {
  const name = protocol.toUpperCase()
  switch ((cause as { code?: string }).code) {
    case 'EADDRINUSE': {
      const holder = findPortHolderAtStart(protocol, port)
      const by = holder === undefined ? '' : ` by ${holder}`
      const remedy = 'stop that process, or set weave_port in the inventory and run `weave-provision up`'
      return new UserError({ cause: `${name} port ${port} is in use${by}`, remedy }, undefined, { cause })
    }
    case 'EADDRNOTAVAIL': {
      const remedy = 'set listen.ip to an address of this host, or to ::'
      return new UserError({ cause: `${ip} is not an address of this host`, remedy }, undefined, { cause })
    }
    case 'EACCES':
    case 'EPERM':
      return new UserError({ cause: `no permission to listen on ${name} port ${port}`, remedy: 'run as root' })
    default:
      return cause
  }
}
