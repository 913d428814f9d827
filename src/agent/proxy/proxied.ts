import { UserError } from '../../base/user-error.ts'
import type { Attaching } from '../containers/attaching.ts'
import type { DockerClient } from '../docker/docker-client.ts'
import type { ContainerDetails } from '../docker/docker-shapes.ts'
import { wishesOfEnvironment } from './create-request.ts'
import type { ProxySettings } from './proxy-settings.ts'
import { WAIT_PROGRAM } from './wait-program.ts'

/** Made through the proxy: it waits for its network whoever starts it, be it Docker after a crash (Weave row PRX-04). */
export function isProxied(container: Pick<ContainerDetails, 'entrypoint'>): boolean {
  return container.entrypoint[0] === WAIT_PROGRAM
}

/**
 * Gives a container that runs what it had before, or what its WEAVE_CIDR wishes; others are left alone. One that has ended
 * meanwhile, perhaps because another start of this gave it its network already, wants nothing any more.
 */
export async function attachProxied({ docker, attaching, how }: ProxiedOptions, id: string): Promise<void> {
  try {
    const container = await docker.inspect(id)
    if (!container.isRunning) return
    if ((await attaching.attachAgain(container.id)) === undefined && isProxied(container))
      await attachFirst(attaching, container, how())
  } catch (cause) {
    const container = await docker.find(id)
    if (container?.isRunning === true) throw cause
  }
}

async function attachFirst(attaching: Attaching, container: ContainerDetails, settings: ProxySettings): Promise<void> {
  const wishes = wishesOfEnvironment(container.environment)
  if (!wishes.ok) throw new UserError({ cause: wishes.error, remedy: 'mend WEAVE_CIDR and make the container again' })
  if (wishes.value.kind === 'none') return
  const { multicastRoute, rewriteHosts, withDns: dns } = settings
  const how = { multicastRoute, rewriteHosts, dns, extraHosts: [] }
  await attaching.attach(container.id, { ...how, wishes: wishes.value.wishes })
}

interface ProxiedOptions {
  readonly docker: Pick<DockerClient, 'inspect' | 'find'>
  readonly attaching: Attaching
  readonly how: () => ProxySettings
}
