import type { AgentConfig } from '../../contract/agent-config.ts'
import { type Input, LINK_CLOSED, type RouterStatus } from '../../core/router/index.ts'
import type { DataPathReport } from '../datapath/messages.ts'
import { fastPathMetrics } from '../fastpath/fast-path-metrics.ts'
import type { FastPathReport } from '../fastpath/fast-path-port.ts'
import type { NamedTargets } from '../host/named-targets.ts'
import { untilReady } from '../http/readiness.ts'
import type { Answer, Route } from '../http/route.ts'
import { routerRoutes } from '../http/router-routes.ts'
import type { Journal } from '../journal/journal.ts'
import { journalMetrics } from '../journal/journal-metrics.ts'
import { journalRoutes } from '../journal/journal-routes.ts'
import { metricRoutes } from '../metrics/metric-routes.ts'
import { processMetrics } from '../metrics/process-metrics.ts'
import { admissionMetrics, dataPathMetrics, routerMetrics } from '../metrics/router-metrics.ts'
import { serviceMetrics } from '../metrics/service-metrics.ts'
import { passwordRoutes } from '../password/password-routes.ts'
import { type MacListings, reportMacs } from '../report/mac-report.ts'
import { type ReportSections, reportRoutes } from '../report/report-routes.ts'
import { reportRouter } from '../report/router-report.ts'
import { type Offered, type ServiceFacts, serviceBlocks, serviceReport } from '../report/service-facts.ts'
import { AGENT_VERSION } from '../version.ts'
import type { HostAdmission } from './host-admission.ts'

/** What the agent's features can be asked for. */
export interface AgentFeatures {
  status(): RouterStatus
  dataPath(): Promise<DataPathReport | undefined>
  /** Absent when all frames take the sleeve. */
  fastPath(): FastPathReport | undefined
  macs(): Promise<MacListings>
  config(): AgentConfig
  readonly admission: Pick<HostAdmission, 'state' | 'passwords' | 'passwordsChanged'>
  trustedSubnets(): readonly string[]
  /** Connections that were refused, by reason. */
  refused(): Readonly<Record<string, number>>
  tell(input: Input): void
  /** Targets by name. */
  readonly names: Pick<NamedTargets, 'add' | 'remove' | 'unresolved'>
  /** Of addresses and names. */
  services(): readonly Route[]
  facts(): ServiceFacts
  readonly offered: Offered
  readonly journal: Journal
}

const REPORTED_EVENTS = 50

/** All that can be asked of the agent: each feature brings its routes, its part of the report and its metrics. */
export function agentRoutes(features: AgentFeatures): readonly Route[] {
  const { journal, tell, status, dataPath, fastPath, offered } = features
  const startedAt = new Date()
  const routes: readonly Route[] = [
    ...routerRoutes({
      version: AGENT_VERSION,
      port: features.config().listen.port,
      status,
      report: dataPath,
      admission: () => ({
        ...features.admission.state,
        trustedSubnets: features.trustedSubnets(),
        refused: features.refused(),
      }),
      fastPath,
      services: () => ({
        text: serviceBlocks(features.facts(), offered),
        json: serviceReport(features.facts(), offered, nicknamesOf(status())),
      }),
      unresolved: () => features.names.unresolved,
      connect: ({ endpoints, names }, replace) => {
        features.names.add(names, replace)
        tell({ kind: 'connect', targets: endpoints, replace })
      },
      forget: ({ endpoints, names }) => {
        features.names.remove(names)
        tell({ kind: 'forget', targets: endpoints })
      },
    }),
    ...features.services(),
    { method: 'GET', path: '/proxyaddrs', answer: () => tellProxy(offered) },
    ...journalRoutes(journal),
    ...passwordRoutes({
      passwords: features.admission.passwords,
      changed: () => features.admission.passwordsChanged(),
    }),
    ...reportRoutes(reportSections(features)),
    ...metricRoutes([
      () => routerMetrics(status()),
      () => admissionMetrics(features.refused()),
      async () => {
        const report = await dataPath()
        return report === undefined ? [] : dataPathMetrics(report)
      },
      () => fastPathMetrics(status().fastPath, fastPath()),
      () => serviceMetrics(features.facts()),
      () => journalMetrics(journal),
      () => processMetrics(startedAt),
    ]),
  ]
  return untilReady(routes, () => offered.isComplete)
}

function reportSections({
  status,
  dataPath,
  fastPath,
  config,
  journal,
  facts,
  offered,
  ...features
}: AgentFeatures): ReportSections {
  const terminations = () => journal.counts.filter(({ event }) => event === LINK_CLOSED)
  return {
    Ready: () => offered.isComplete,
    Version: () => AGENT_VERSION,
    VersionCheck: () => ({ Enabled: false }),
    Router: async () => ({
      ...reportRouter(status()),
      ...reportMacs(await features.macs(), status().peers, new Date()),
      Port: config().listen.port,
      TerminationCount: terminations().reduce((sum, { count }) => sum + count, 0),
      TrustedSubnets: features.trustedSubnets(),
      RefusedConnections: features.refused(),
    }),
    ...serviceSections(() => serviceReport(facts(), offered, nicknamesOf(status()))),
    DataPath: async () => (await dataPath()) ?? null,
    FastPath: () => fastPath() ?? null,
    Config: config,
    Events: () => journal.last(REPORTED_EVENTS),
  }
}

function serviceSections(report: () => ReturnType<typeof serviceReport>): ReportSections {
  const names = ['IPAM', 'DNS', 'Proxy', 'Plugin'] as const
  return Object.fromEntries(names.map(name => [name, () => report()[name]]))
}

function nicknamesOf({ peers }: RouterStatus): ReadonlyMap<string, string> {
  return new Map(peers.map(({ name, nickname }) => [name, nickname]))
}

/** Weave row API-23. */
function tellProxy({ proxyAddresses }: Offered): Answer {
  if (proxyAddresses.length === 0)
    return { code: 404, text: 'there is no proxy for Docker\nsee `weave launch --help`\n' }
  return { code: 200, text: `${proxyAddresses.join('\n')}\n` }
}
