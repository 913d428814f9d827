import type { ContainerDetails } from './docker-shapes.ts'

const LABEL_MAX = 63

/**
 * The names under which a container is found in the domain, most specific last: its own, those of its networks, of its Compose
 * service, and of the Marathon app or Mesos task that it is. Names that DNS cannot carry are left out.
 */
export function namesOf(container: ContainerDetails, domain: string): readonly string[] {
  const environment = new Map(container.environment.map(splitVariable))
  const fqdn = `${container.hostname}.${container.domain}`
  const own = fqdn.endsWith(`.${domain}`) ? fqdn.slice(0, -domain.length - 1) : undefined
  const candidates = [
    container.name,
    own,
    ...container.networks.flatMap(({ aliases }) => aliases.filter(alias => !container.id.startsWith(alias))),
    container.labels['com.docker.compose.service'],
    container.labels['works.weave.name'],
    marathonName(environment.get('MARATHON_APP_ID')),
    environment.get('MESOS_TASK_ID')?.replaceAll(/[._]/g, '-'),
  ]
  const names = candidates.flatMap(name =>
    name !== undefined && isHostName(name) ? [`${name.toLowerCase()}.${domain}`] : [],
  )
  return [...new Set(names)]
}

/** `/web/customer1/site1` is `site1.customer1.web`. */
export function marathonName(appId: string | undefined): string | undefined {
  const parts = (appId ?? '').split('/').filter(part => part !== '')
  return parts.length === 0 ? undefined : parts.reverse().join('.')
}

function splitVariable(variable: string): [string, string] {
  const at = variable.indexOf('=')
  return [variable.slice(0, at), variable.slice(at + 1)]
}

function isHostName(name: string): boolean {
  const isLabel = (label: string) => label.length <= LABEL_MAX && /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/i.test(label)
  return name.length <= 200 && name.split('.').every(isLabel)
}
