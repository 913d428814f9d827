import type { RouterStatus } from '../../core/router/index.ts'
import type { PeerTraffic } from '../datapath/messages.ts'
import type { FastPathReport } from '../fastpath/fast-path-port.ts'
import { formatTargetName, parseTargets, type TargetName, type Targets } from '../host/target-text.ts'
import { describePaths, formatPaths } from './path-text.ts'
import type { Answer, Route, RouteRequest } from './route.ts'
import { type AdmissionStatus, formatConnections, formatPeers, formatStatus, formatTargets } from './status-text.ts'

/** What can be asked of the running router. */
export interface RouterControl {
  readonly version: string
  /** Its own, and of targets that name none (Weave row ARG-01). */
  readonly port: number
  status(): RouterStatus
  /** Counters of the data path; absent when it does not answer. */
  report(): Promise<{ readonly traffic: readonly PeerTraffic[] } | undefined>
  admission(): AdmissionStatus
  /** Counters of the fast path; absent when there is none. */
  fastPath?(): FastPathReport | undefined
  /** What is shown after the router's own block. */
  services(): { readonly text: string; readonly json: object }
  /** Targets by name that have had no address yet. */
  unresolved(): readonly TargetName[]
  connect(targets: Targets, replace: boolean): void
  forget(targets: Targets): void
}

/** Status pages (Weave rows STAT-01 to STAT-08) and targets. */
export function routerRoutes(control: RouterControl): readonly Route[] {
  type Give = (status: RouterStatus, query: URLSearchParams) => Answer | Promise<Answer>
  const page = (path: string, answer: Give): Route => ({
    method: 'GET',
    path,
    answer: ({ query }) => answer(control.status(), query),
  })
  return [
    page('/status', async router => {
      const { version } = control
      const admission = control.admission()
      const [dataPath, fastPath] = [await control.report(), control.fastPath?.()]
      const json = { version, pid: process.pid, router, admission, dataPath, fastPath }
      const services = control.services()
      const text = `${formatStatus(router, version, admission)}${services.text}`
      return { code: 200, text, json: { ...json, ...services.json } }
    }),
    page('/status/connections', ({ connections: json }, query) => ({
      code: 200,
      text: formatConnections(json, query.get('verbose') === 'true'),
      json,
    })),
    page('/status/peers', ({ peers: json }) => ({ code: 200, text: formatPeers(json), json })),
    page('/status/paths', async router => {
      const sleeve = (await control.report())?.traffic ?? []
      const json = describePaths(router, { sleeve, fast: control.fastPath?.()?.peers })
      return { code: 200, text: formatPaths(json), json }
    }),
    page('/status/targets', ({ targets: json }) => {
      const waiting = control.unresolved().map(name => `${formatTargetName(name)}\n`)
      return { code: 200, text: `${formatTargets(json)}${waiting.join('')}`, json }
    }),
    page('/healthz', () => ({ code: 200, text: 'ok\n', json: { pid: process.pid } })),
    change('/connect', control.port, (targets, form) => control.connect(targets, form.get('replace') === 'true')),
    change('/forget', control.port, targets => control.forget(targets)),
  ]
}

function change(path: string, defaultPort: number, act: (targets: Targets, form: URLSearchParams) => void): Route {
  const answer = async (request: RouteRequest): Promise<Answer> => {
    const form = await request.form()
    const targets = parseTargets(form.getAll('peer'), defaultPort)
    if (!targets.ok) return { code: 400, text: `${targets.error}\n` }
    act(targets.value, form)
    return { code: 200, text: '' }
  }
  return { method: 'POST', path, answer }
}
