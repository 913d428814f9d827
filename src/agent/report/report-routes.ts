import type { Answer, Route, RouteRequest } from '../http/route.ts'
import { renderTemplate } from '../template/render-template.ts'

/** A part of the report and what gives it, when asked. Nothing secret may be in it. */
export type ReportSections = Readonly<Record<string, () => unknown | Promise<unknown>>>

/** `GET /report`: the whole state as JSON, or in the shape of a Go template, `?format=` (rows API-02, API-03). */
export function reportRoutes(sections: ReportSections): readonly Route[] {
  const answer = async ({ query }: RouteRequest): Promise<Answer> => {
    const formats = query.getAll('format')
    if (formats.length > 1) return { code: 400, text: 'one format at a time\nask again for each\n' }
    const json = await collect(sections)
    const [format = 'json'] = formats
    if (format !== 'json') return { code: 200, text: renderTemplate(format, json) }
    return { code: 200, text: `${JSON.stringify(json, undefined, 4)}\n`, json }
  }
  return [{ method: 'GET', path: '/report', answer }]
}

async function collect(sections: ReportSections): Promise<Readonly<Record<string, unknown>>> {
  const parts = Object.entries(sections).map(async ([name, give]) => [name, await give()] as const)
  return Object.fromEntries(await Promise.all(parts))
}
