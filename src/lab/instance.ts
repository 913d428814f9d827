import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { CONTROL_NAME, type LabHost } from './description.ts'

const STATE_ROOT = '/var/lib/weave-provision/labs'
const RUN_ROOT = '/run/weave-provision/labs'

/** Longest name of a network interface (IFNAMSIZ without the zero). */
const INTERFACE_NAME_MAX = 15

/** The names of all that belongs to one lab. They follow from the folder of its inventory alone, so leftovers are found again. */
export class LabInstance {
  readonly id: string
  readonly stateFolder: string
  readonly runFolder: string

  constructor(folder: string) {
    this.id = createHash('sha256').update(folder).digest('hex').slice(0, 6)
    this.stateFolder = join(STATE_ROOT, this.id)
    this.runFolder = join(RUN_ROOT, this.id)
  }

  /** Beside the folder of what runs, not in it: it is held while the folder is removed. */
  get lockFile(): string {
    return `${this.runFolder}.lock`
  }

  static readonly stateRoot = STATE_ROOT

  /** The start of the name of every namespace of this lab. */
  get namespacePrefix(): string {
    return `wl-${this.id}-`
  }

  get controlNamespace(): string {
    return `${this.namespacePrefix}${CONTROL_NAME}`
  }

  get switchNamespace(): string {
    return `${this.namespacePrefix}switch`
  }

  hostNamespace(host: string): string {
    return `${this.namespacePrefix}host-${host}`
  }

  /** The name of the cgroup that holds all of this lab. */
  get groupName(): string {
    return `wl-${this.id}`
  }

  hostFolder(host: string): string {
    return join(this.stateFolder, 'hosts', host)
  }

  consoleLog(host: string): string {
    return join(this.hostFolder(host), 'console.log')
  }

  get privateKey(): string {
    return join(this.stateFolder, 'id_ed25519')
  }

  get knownHosts(): string {
    return join(this.stateFolder, 'known_hosts')
  }
}

/** The switch's end of a host's interface: readable when it fits. */
export function portName(host: string, network: string): string {
  const readable = `${host}-${network}`
  return readable.length <= INTERFACE_NAME_MAX ? readable : `p${digestOf(readable, 14)}`
}

/** The same at every boot, as of a real card; locally administered. */
export function macAddress(instance: LabInstance, host: string, network: string): string {
  const digest = digestOf(`${instance.id} ${host} ${network}`, 10)
  return ['02', ...(digest.match(/../g) ?? [])].join(':')
}

export function machineId(instance: LabInstance, host: Pick<LabHost, 'name'>): string {
  return digestOf(`${instance.id} ${host.name} machine`, 32)
}

function digestOf(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}
