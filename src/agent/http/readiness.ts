import type { Route } from './route.ts'

/** Pages of status, by which programs see whether they can begin: 503 with all that they have to say, until that is so (Weave row API-01). */
export function untilReady(routes: readonly Route[], isReady: () => boolean): readonly Route[] {
  return routes.map(route => {
    if (!/^\/status(\/|$)/.test(route.path)) return route
    return {
      ...route,
      answer: async request => {
        const answer = await route.answer(request)
        return answer.code === 200 && !isReady() ? { ...answer, code: 503 } : answer
      },
    }
  })
}
