import type { IncomingMessage, ServerResponse } from 'node:http'
import { UserError } from '../../base/user-error.ts'
import { readBody } from './read-body.ts'
import { type Answer, findRoute, type Route, type RouteRequest } from './route.ts'

const BODY_BYTES_MAX = 1024 * 1024

/** Finds the route, lets it answer, and sends what it says. Never rejects. */
export async function respond(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    const url = new URL(request.url ?? '/', 'http://weave')
    const wantsJson = url.searchParams.get('format') === 'json' || request.headers.accept === 'application/json'
    await send(response, await answer(routes, request, { url, gone: gone.signal }), wantsJson)
  } catch (cause) {
    fail(response, cause)
  }
}

function answer(
  routes: readonly Route[],
  request: IncomingMessage,
  { url, gone }: { url: URL; gone: AbortSignal },
): Answer | Promise<Answer> {
  const match = findRoute(routes, request.method ?? 'GET', url.pathname)
  if (match === 404) return { code: 404, text: `there is nothing at ${url.pathname}\n` }
  if (match === 405) return { code: 405, text: `${request.method} is not for ${url.pathname}\n` }
  const body = () => readBody(request, BODY_BYTES_MAX)
  const asked: RouteRequest = {
    parameters: match.parameters,
    query: url.searchParams,
    form: async () => new URLSearchParams(await body()),
    body,
    gone,
  }
  return match.route.answer(asked)
}

async function send(response: ServerResponse, { code, text, json }: Answer, wantsJson: boolean): Promise<void> {
  const isJson = wantsJson && json !== undefined
  response.writeHead(code, { 'content-type': isJson ? 'application/json' : 'text/plain; charset=utf-8' })
  if (isJson) return void response.end(`${JSON.stringify(json)}\n`)
  if (typeof text === 'string') return void response.end(text)
  response.flushHeaders()
  for await (const part of text) {
    if (response.destroyed) return
    if (!response.write(part)) await hasRoom(response)
  }
  response.end()
}

/** Until what was written has left, or nobody is there to take it. */
function hasRoom(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

function fail(response: ServerResponse, cause: unknown): void {
  const isUsers = cause instanceof UserError
  if (!response.headersSent) {
    response.writeHead(isUsers ? 400 : 500, { 'content-type': 'text/plain; charset=utf-8' })
  }
  const text = cause instanceof Error ? cause.message : String(cause)
  response.end(isUsers ? cause.problems.map(problem => `${problem.cause}\n${problem.remedy}\n`).join('') : `${text}\n`)
}
