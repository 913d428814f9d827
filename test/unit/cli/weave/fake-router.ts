import { mkdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { jest } from '@jest/globals'
import { createContext } from '../../../../src/cli/weave/context.ts'
import { createProgram } from '../../../../src/cli/weave/program.ts'
import { NOWHERE } from '../nowhere.ts'

/** What a question, as `GET /status`, is answered with; undefined for 404. */
export type Answers = (question: string) => string | undefined

/** A host on which commands find a router and a Docker that answer as they are told, and note what they were asked. */
export class FakeRouter {
  readonly asked: string[] = []
  printed = ''
  warned = ''
  readonly #root: string
  readonly #servers: Server[] = []

  constructor(root: string) {
    this.#root = root
    jest.spyOn(process.stdout, 'write').mockImplementation(text => {
      this.printed += String(text)
      return true
    })
    jest.spyOn(process.stderr, 'write').mockImplementation(text => {
      this.warned += String(text)
      return true
    })
  }

  router(answers: Answers): Promise<void> {
    return this.#listen('run/weave/control.sock', answers, question => this.asked.push(question))
  }

  docker(answers: Answers): Promise<void> {
    return this.#listen('var/run/docker.sock', answers, () => undefined)
  }

  async weave(...words: readonly string[]): Promise<void> {
    const context = createContext(NOWHERE, { WEAVE_ROOT: this.#root })
    await createProgram(context).parseAsync(['node', 'weave', ...words])
  }

  close(): void {
    jest.restoreAllMocks()
    for (const server of this.#servers) server.close()
  }

  async #listen(place: string, answers: Answers, note: (question: string) => void): Promise<void> {
    const path = join(this.#root, place)
    mkdirSync(dirname(path), { recursive: true })
    const server = createServer(async (request, response) => {
      const question = `${request.method} ${request.url}`
      const body = await text(request)
      note(body === '' ? question : `${question} ${body}`)
      const answer = answers(question)
      response.writeHead(answer === undefined ? 404 : 200, { 'api-version': '1.41', connection: 'close' })
      response.end(answer ?? 'nothing\n')
    })
    this.#servers.push(server)
    await new Promise<void>(resolve => server.listen(path, resolve))
  }
}
