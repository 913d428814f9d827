import { startOf } from './boot-id.ts'
import type { ConversationContext } from './conversation.ts'
import { OpenMembership } from './open-membership.ts'

/** Another router has the better right to our short id: asks for a start under the next of our choices that nobody holds. */
export function yieldNumber({ membership, announcements, options, emit, log }: YieldContext): void {
  const next = membership instanceof OpenMembership ? membership.nextNumber() : undefined
  if (next === undefined) return log('warn', 'all short ids are taken', { number: options.shortId })
  log('info', 'the short id is another’s: starting anew', { number: options.shortId, next })
  emit({ kind: 'renumber', shortId: next, bootId: startOf(announcements.bootId) + 1n })
}

type YieldContext = Pick<ConversationContext, 'membership' | 'announcements' | 'options' | 'emit' | 'log'>
