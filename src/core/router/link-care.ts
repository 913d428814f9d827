import { assertNever } from '../../base/assert.ts'
import type { Link } from '../mesh/link.ts'
import type { Instant } from './api.ts'
import type { Conversation, ConversationContext } from './conversation.ts'
import type { PathKeeper } from './path-keeper.ts'

export interface LinkCare extends Pick<ConversationContext, 'changed' | 'log'> {
  readonly conversation: Conversation
  readonly paths: PathKeeper
  readonly isReachable: (peer: number) => boolean
}

/** See `RouterMachine.advance`. */
interface Moment {
  readonly now: Instant
  readonly heardUntil: Instant
}

/** Does what the link wants done at this time, and has it carry frames where no datagram comes through. */
export function tendLink(link: Link, { now, heardUntil }: Moment, care: LinkCare): void {
  for (const action of link.due(now, heardUntil)) {
    switch (action.kind) {
      case 'close':
        care.conversation.close(link, action.reason, now)
        break
      case 'heartbeat':
        care.conversation.send(link, { kind: 'heartbeat', sequence: action.sequence })
        break
      case 'probe':
        care.paths.probe(link, action.sequence, heardUntil)
        break
      case 'proven':
        care.changed('at once')
        break
      case 'cost-changed':
        care.changed('soon')
        break
      case 'path-lost':
        care.log('warn', 'datagrams to the peer are lost', { peer: link.peer ?? 0, remote: link.remote.ip })
        care.changed('soon')
        break
      default:
        assertNever(action)
    }
  }
  const isCutOff = link.peer !== undefined && link.lacksPath(heardUntil) && !care.isReachable(link.peer)
  if (isCutOff) care.paths.carry(link, now)
}
