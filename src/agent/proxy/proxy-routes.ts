import { UserError } from '../../base/user-error.ts'
import type { Route } from '../http/route.ts'

/** Tells the proxy to look at its settings; answers once they are in force. */
export function proxyRoutes(service: () => { renewProxy(): Promise<void> } | undefined): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/proxy',
      answer: async () => {
        try {
          await service()?.renewProxy()
        } catch (cause) {
          if (cause instanceof UserError) throw cause
          const remedy = 'give another place with -H, or end what has it'
          throw new UserError({ cause: (cause as Error).message, remedy }, undefined, { cause })
        }
        return { code: 204, text: '' }
      },
    },
  ]
}
