export const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

/** One thing that can be asked of the agent. Each feature brings a list of its own. */
export interface Route {
  readonly method: Method
  /**
   * `/ip/:container/:cidr`: a segment that starts with a colon stands for any one segment, percent-decoded; `:cidr*` at the end
   * for all that follows, slashes included, at least one character.
   */
  readonly path: string
  /** Answered on the control socket alone, wherever else the API is served: secrets, and what they protect. */
  readonly isForRoot?: boolean
  /** A thrown `UserError` is answered with 400 and its causes, all else with 500. */
  answer(request: RouteRequest): Answer | Promise<Answer>
}

export interface RouteRequest {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Fields of a form; rejects when the body is larger than the server's limit. */
  form(): Promise<URLSearchParams>
  body(): Promise<string>
  /** Aborted when whoever asked has gone. */
  readonly gone: AbortSignal
}

export interface Answer {
  readonly code: number
  /** Parts are sent as they come. */
  readonly text: string | AsyncIterable<string>
  /** Sent in place of the text when JSON is asked for. */
  readonly json?: unknown
}

export interface RouteMatch {
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
}

/** The same paths, of a part that this router runs without: `text` says why, and what to do. */
export function absent(routes: readonly Route[], text: string): readonly Route[] {
  return routes.map(({ method, path }) => ({ method, path, answer: () => ({ code: 404, text }) }))
}

/** The first route that fits, or the HTTP code of the refusal. */
export function findRoute(routes: readonly Route[], method: string, path: string): RouteMatch | 404 | 405 {
  let isKnown = false
  for (const route of routes) {
    const parameters = matchPath(route.path, path)
    if (parameters === undefined) continue
    if (route.method === method) return { route, parameters }
    isKnown = true
  }
  return isKnown ? 405 : 404
}

function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/')
  const given = path.split('/')
  const parameters: Record<string, string> = {}
  for (const [i, segment] of wanted.entries()) {
    const isRest = segment.startsWith(':') && segment.endsWith('*')
    const value = isRest ? given.slice(i).join('/') : given[i]
    if (value === undefined) return undefined
    if (!segment.startsWith(':')) {
      if (segment !== value) return undefined
      continue
    }
    const decoded = decodeSegment(value)
    if (decoded === undefined || decoded === '') return undefined
    parameters[segment.slice(1, isRest ? -1 : undefined)] = decoded
    if (isRest) return parameters
  }
  return given.length === wanted.length ? parameters : undefined
}

function decodeSegment(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
