import { UserError } from '../../base/user-error.ts'

/** How commands end that name a container (Weave row ARG-07). */
export const CONTAINER_EXIT_CODES = { absent: 1, stopped: 2 } as const

/** The daemon cannot be asked. */
export class DockerGone extends UserError {
  constructor(socketPath: string, reason: string) {
    super({
      cause: `Docker does not answer on ${socketPath}: ${reason}`,
      remedy: 'start Docker (systemctl start docker), or set DOCKER_HOST to its socket (unix:///path)',
    })
    this.name = 'DockerGone'
  }
}

export function noSuchContainer(reference: string): UserError {
  return new UserError(
    { cause: `there is no container '${reference}' on this host`, remedy: 'see `docker ps --all` for those there are' },
    CONTAINER_EXIT_CODES.absent,
  )
}

export function containerStopped(reference: string): UserError {
  return new UserError(
    { cause: `container '${reference}' is not running`, remedy: `start it first: weave start ${reference}` },
    CONTAINER_EXIT_CODES.stopped,
  )
}
