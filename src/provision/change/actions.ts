import { formatCidr, networkOf, parseInterfaceAddress } from '../../base/cidr.ts'
import type { RenderedHost } from '../render/rendered-host.ts'
import type { HostSurvey, SurveyedContainer } from '../survey/survey.ts'
import type { Need } from './effects.ts'

export const ACTION_KINDS = [
  'ship-agent',
  'switch-release',
  'raise-bridge',
  'move-address',
  'start-router',
  'reload-router',
  'restart-router',
  'start-docker',
  'restart-docker',
  'mend-docker-network',
  'enable',
] as const

/** Something that follows from the changes, and whom it hurts for how long. */
export interface Action {
  readonly kind: (typeof ACTION_KINDS)[number]
  readonly text: string
  /** Containers that lose traffic or are stopped. */
  readonly containers: readonly string[]
  /** About how long, in seconds; 0 when nobody notices. */
  readonly seconds: number
}

export interface ActionInput {
  readonly rendered: RenderedHost
  readonly survey: HostSurvey
  readonly needs: { readonly router: Need; readonly docker: Need }
  readonly movesRelease: boolean
}

/** Measured on small hosts; a container that ignores SIGTERM holds Docker up for ten seconds. */
const ROUTER_SECONDS = 3
const DOCKER_SECONDS = 5
const CONTAINER_STOP_SECONDS = 10

export function actionsOf(input: ActionInput): readonly Action[] {
  return [...agentActions(input), ...bridgeActions(input), ...routerActions(input), ...dockerActions(input)]
}

/** Whether traffic of containers stops for a while: then a host wants to be drained. */
export function isDisruptive(action: Action): boolean {
  return action.seconds > 0
}

function agentActions({ survey, movesRelease }: ActionInput): readonly Action[] {
  const parts = [...(survey.needsAgent ? ['the agent'] : []), ...(survey.needsRuntime ? ['its Node runtime'] : [])]
  return [
    ...(parts.length > 0 ? [harmless('ship-agent', `ship ${parts.join(' and ')}`)] : []),
    ...(movesRelease
      ? [harmless('switch-release', survey.release === null ? 'install the agent' : 'switch to another release')]
      : []),
  ]
}

function bridgeActions({ rendered, survey }: ActionInput): readonly Action[] {
  const { bridge, bridgeAddress } = rendered
  if (!survey.bridge.isUp) return [harmless('raise-bridge', `bring up bridge ${bridge} with ${bridgeAddress}`)]
  if (survey.bridge.addresses.includes(bridgeAddress)) return []
  const text = `change the address of bridge ${bridge} in place, to ${bridgeAddress}`
  return [harmless('move-address', text)]
}

function routerActions({ survey, needs }: ActionInput): readonly Action[] {
  const { isActive, isEnabled } = survey.services.weave
  const enabling = isEnabled ? [] : [harmless('enable', 'let the router start at boot')]
  if (!isActive) return [harmless('start-router', 'start the router'), ...enabling]
  if (needs.router === 'reload') return [harmless('reload-router', 'let the router read its files again'), ...enabling]
  if (needs.router === 'nothing') return enabling
  const names = namesOf(survey.docker?.containers ?? [])
  const text = `restart the router: containers reach no other host for about ${ROUTER_SECONDS} s, and keep their connections`
  return [{ kind: 'restart-router', text, containers: names, seconds: ROUTER_SECONDS }, ...enabling]
}

function dockerActions(input: ActionInput): readonly Action[] {
  const { rendered, survey, needs } = input
  if (rendered.dockerMethod === 'none' || survey.docker === null) return []
  const { isActive, isEnabled } = survey.services.docker
  const enabling = isEnabled ? [] : [harmless('enable', 'let Docker start at boot')]
  if (!isActive) return [harmless('start-docker', 'start Docker'), ...enabling]
  if (needs.docker === 'restart') return [restartOfDocker('restart-docker', survey, 'restart Docker'), ...enabling]
  return [...networkActions(input), ...enabling]
}

/** What Docker remembers of its network may be another than the planned one, whatever its files say. */
function networkActions({ rendered, survey }: ActionInput): readonly Action[] {
  const network = survey.docker?.network
  if (network === null || network === undefined) return []
  const isPlanned =
    network.bridge === rendered.bridge &&
    network.range === rendered.containerRange &&
    network.subnets.includes(networkText(rendered.bridgeAddress))
  if (isPlanned) return []
  return [
    restartOfDocker('mend-docker-network', survey, "restart Docker, for its network 'bridge' is not the planned one"),
  ]
}

function restartOfDocker(kind: Action['kind'], survey: HostSurvey, what: string): Action {
  const containers = survey.docker?.containers ?? []
  if (containers.length === 0)
    return { kind, text: `${what}; no container is on the bridge`, containers: [], seconds: 0 }
  if (survey.docker?.liveRestore === true) {
    return { kind, text: `${what}: containers keep running (live-restore)`, containers: [], seconds: 0 }
  }
  const seconds = DOCKER_SECONDS + CONTAINER_STOP_SECONDS
  const lost = containers.filter(({ comesBack }) => !comesBack)
  const rest = lost.length > 0 ? `; ${namesOf(lost).join(', ')} stays down: no restart policy` : ''
  const text = `${what}: ${namesOf(containers).join(', ')} stopped for about ${seconds} s${rest}`
  return { kind, text, containers: namesOf(containers), seconds }
}

function harmless(kind: Action['kind'], text: string): Action {
  return { kind, text, containers: [], seconds: 0 }
}

function namesOf(containers: readonly SurveyedContainer[]): readonly string[] {
  return containers.map(({ name }) => name)
}

function networkText(bridgeAddress: string): string {
  const parsed = parseInterfaceAddress(bridgeAddress)
  if (!parsed.ok) return bridgeAddress
  const { address, prefix } = parsed.value
  return formatCidr({ network: networkOf(address, prefix), prefix })
}
