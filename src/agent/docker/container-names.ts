import type { ContainerDetails } from './docker-shapes.ts'

const LABEL_MAX = 63

/**
 * The names under which a container is found, most specific last: its own, in whichever domain it is, and in the first those of its networks, of its Compose
 * service, and of the Marathon app or Mesos task that it is. Names that DNS cannot carry are left out.
 */
export function namesOf(container: ContainerDetails, domains: readonly string[]): readonly string[] {
  const [search] = domains
  if (search === undefined) return []
  const environment = new Map(container.environment.map(splitVariable))
  const fqdn = `${container.hostname}.${container.domain}`
  const candidates = [
    container.name,
    ...container.networks.flatMap(({ aliases }) => aliases.filter(alias => !container.id.startsWith(alias))),
    container.labels['com.docker.compose.service'],
    container.labels['works.weave.name'],
    marathonName(environment.get('MARATHON_APP_ID')),
    environment.get('MESOS_TASK_ID')?.replaceAll(/[._]/g, '-'),
  ]
  const isHome = (domain: string) => fqdn.endsWith(`.${domain}`) && isHostName(fqdn)
  const names = [
    ...candidates.flatMap(name => (name !== undefined && isHostName(name) ? [`${name}.${search}`] : [])),
    ...(domains.some(isHome) ? [fqdn] : []),
  ]
  return [...new Set(names.map(name => name.toLowerCase()))]
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
