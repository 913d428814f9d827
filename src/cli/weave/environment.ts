import { warn } from './report.ts'

/** Variables of the original's that stand for a flag of `launch`, which counts before them (Weave rows ENV-02 to ENV-07, ENV-14). */
const FLAGS: Readonly<Record<string, string>> = {
  WEAVE_PORT: '--port',
  WEAVE_HTTP_ADDR: '--http-addr',
  WEAVE_STATUS_ADDR: '--status-addr',
  WEAVE_METRICS_ADDR: '--metrics-addr',
  WEAVE_MTU: '--mtu',
  DOCKER_BRIDGE: '--docker-bridge',
}

/** What `launch` takes from the environment, and keeps. */
const KEPT: readonly string[] = [...Object.keys(FLAGS), 'WEAVE_PASSWORD']

const IMAGES = 'the router is a program of the host, and no container'
const PARTS = 'names, proxy and plugin are parts of the router'

/** Those that mean nothing here, and why (Weave rows ENV-08 to ENV-25, OLD-10). */
export const HISTORIC_VARIABLES: Readonly<Record<string, string>> = {
  WEAVE_NO_BRIDGED_FASTDP: 'there is one kind of bridge: the kernel’s',
  WEAVE_CONTAINER_NAME: IMAGES,
  WEAVE_DOCKER_ARGS: IMAGES,
  WEAVEEXEC_DOCKER_ARGS: IMAGES,
  WEAVE_VERSION: IMAGES,
  DOCKERHUB_USER: IMAGES,
  DOCKER_BRIDGE_IP: 'Docker is not asked for names at its bridge: the router answers on an address of its own',
  AWSVPC: 'the overlay serves a VPC too: see --trusted-subnets',
  WEAVEPROXY_DOCKER_ARGS: PARTS,
  WEAVEDNS_DOCKER_ARGS: PARTS,
  WEAVEPLUGIN_DOCKER_ARGS: PARTS,
  WEAVE_NO_PLUGIN: 'give --no-plugin',
  WEAVE_IPAM_SUBNET: 'give --ipalloc-default-subnet',
}

/** The words of `launch`, with what the environment says in front: a flag that is given comes later, and counts. */
export function withEnvironment(words: readonly string[], environment: NodeJS.ProcessEnv): readonly string[] {
  const set = (name: string) => (environment[name] ?? '') !== ''
  for (const [name, reason] of Object.entries(HISTORIC_VARIABLES)) {
    if (set(name)) warn(`${name} has no effect: ${reason}`)
  }
  const flags = Object.entries(FLAGS).filter(([name]) => set(name))
  // Whatever it is set to. The router itself looks for it too; one that a service starts has another environment.
  const fastPath = set('WEAVE_NO_FASTDP') && !words.includes('--foreground') ? ['--no-fastdp'] : []
  return [...flags.flatMap(([name, flag]) => [flag, environment[name] ?? '']), ...fastPath, ...words]
}

/** For the router that `launch` starts: said again there, its flags would be those of another launch, one without peers. */
export function environmentOfRouter(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !KEPT.includes(name)))
}
