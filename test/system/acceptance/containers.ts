import type { LabDriver } from './lab-driver.ts'

export const HOSTS = ['alpha', 'bravo', 'relay', 'delta'] as const

export interface Container {
  readonly host: string
  readonly address: string
}

/** A real container on a real Docker daemon, and what runs in its network namespace. */
export class Containers {
  readonly #lab: LabDriver
  readonly #started = new Map<string, Container>()

  constructor(lab: LabDriver) {
    this.#lab = lab
  }

  get all(): readonly Container[] {
    return [...this.#started.values()]
  }

  on(host: string): Container {
    const container = this.#started.get(host)
    if (container === undefined) throw new Error(`no container on ${host}`)
    return container
  }

  /** Imports `image` (a root file system as a tar archive on this machine) and runs a web server from it. */
  async start(host: string, image: string): Promise<Container> {
    await this.#lab.feed(host, ['docker', 'import', '-', 'acceptance:1'], image)
    const serve = 'mkdir -p /www && hostname > /www/index.html && exec httpd -f -p 80 -h /www'
    await this.#lab.on(host, [
      'docker',
      'run',
      '-d',
      '--restart=always',
      '--hostname',
      `c-${host}`,
      '--name',
      'web',
      'acceptance:1',
      'sh',
      '-c',
      serve,
    ])
    return this.refresh(host)
  }

  /** Reads the container's address again, after a restart of its host. */
  async refresh(host: string): Promise<Container> {
    const address = await this.#lab.on(host, ['docker', 'inspect', '-f', '{{.NetworkSettings.IPAddress}}', 'web'])
    const container = { host, address }
    this.#started.set(host, container)
    return container
  }

  async exec(host: string, argv: readonly string[]): Promise<string> {
    return this.#lab.on(host, ['docker', 'exec', 'web', ...argv])
  }

  /** Runs a command of the host's in the network namespace of its container. */
  async inNetwork(host: string, argv: readonly string[]): Promise<string> {
    const pid = await this.#lab.on(host, ['docker', 'inspect', '-f', '{{.State.Pid}}', 'web'])
    return this.#lab.on(host, ['nsenter', '-t', pid, '-n', ...argv])
  }

  async python(host: string, program: string): Promise<string> {
    return this.inNetwork(host, ['python3', '-c', program])
  }
}
