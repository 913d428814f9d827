import { HOST_PATHS } from '../../contract/host-paths.ts'
import { BRIDGE_NAME } from '../plan/docker-method.ts'
import { type DockerFactPath, type DockerMemory, FACT_PATHS, type HostFacts } from '../plan/host-facts.ts'
import type { DockerMethod, InitSystem, NetworkTool } from '../plan/inventory.ts'
import type { Plan, PlannedHost } from '../plan/plan.ts'
import { renderAgentConfig } from './agent-config.ts'
import { ASSUMED_NETWORK_TOOL, bridgeFilesOf, bridgeValues } from './bridge-files.ts'
import type { ClusterMaterial } from './cluster-material.ts'
import {
  type DockerMerge,
  type DockerSettings,
  dockerSettings,
  mergeDaemonJson,
  mergeDefaults,
  withoutDaemonJson,
  withoutDefaults,
} from './merge-docker.ts'
import type { Part, RenderedFile, RenderedHost } from './rendered-host.ts'
import type { Templates, TemplateValues } from './templates.ts'

/** dash and the shell of busybox have `-l`, which POSIX lacks. */
const MEMORY_LOCK = '\n# shellcheck disable=SC3045\nulimit -l unlimited'

export interface RenderInput {
  readonly plan: Plan
  readonly host: PlannedHost
  readonly facts: HostFacts | undefined
  readonly material: ClusterMaterial
  readonly templates: Templates
}

/** Of a fresh Docker of Debian. Both ways at once would stop Docker from starting, so for an unknown host it is this one. */
const ASSUMED_DOCKER_METHOD: DockerMethod = 'default'

/** Every file of one host, to the byte. */
export function renderHost(input: RenderInput): RenderedHost {
  const { plan, host, material } = input
  const files = [...bridgeFiles(input), ...routerFiles(input), ...clusterFiles(input), ...dockerFiles(input)]
  return {
    host: host.name,
    index: host.index,
    initSystem: host.initSystem,
    networkTool: networkToolOf(host),
    dockerMethod: host.dockerMethod ?? ASSUMED_DOCKER_METHOD,
    bridge: BRIDGE_NAME,
    bridgeAddress: host.bridgeAddress,
    containerRange: host.containerRange,
    mtu: plan.mtu,
    port: host.port,
    underlayAddresses: host.underlayAddresses,
    targets: host.targets,
    isCertified: material.certificates.has(host.name),
    dockerSettings: host.dockerMethod === 'none' ? {} : dockerSettings(plan, host),
    files: files.filter(file => isNeeded(file, host.initSystem)),
  }
}

function networkToolOf(host: PlannedHost): NetworkTool {
  return host.networkTool ?? ASSUMED_NETWORK_TOOL
}

function isNeeded(file: RenderedFile, initSystem: InitSystem | undefined): boolean {
  return file.initSystem === undefined || initSystem === undefined || file.initSystem === initSystem
}

const ASSERT_BRIDGE = '/usr/local/lib/weave/assert-bridge'
const SUPERVISE = '/usr/local/lib/weave/supervise'

function bridgeFiles(input: RenderInput): readonly RenderedFile[] {
  const files = bridgeFilesOf(networkToolOf(input.host), input.facts).map(({ path, mode, source }) => {
    const text = 'text' in source ? source.text : input.templates.fill(source.template, templateValues(input))
    return { ...file(path, 'bridge', text), mode }
  })
  return [...files, fromTemplate(input, ASSERT_BRIDGE, { part: 'bridge', mode: '0755' })]
}

function routerFiles(input: RenderInput): readonly RenderedFile[] {
  const sysvinit = { part: 'router', mode: '0755', initSystem: 'sysvinit' } as const
  return [
    fromTemplate(input, '/etc/systemd/system/weave.service', { part: 'router', initSystem: 'systemd' }),
    fromTemplate(input, '/etc/init.d/weave', sysvinit),
    fromTemplate(input, SUPERVISE, sysvinit),
    fromTemplate(input, '/etc/logrotate.d/weave', { part: 'router', initSystem: 'sysvinit' }),
    fromTemplate(input, '/etc/init/weave.conf', { part: 'router', initSystem: 'upstart' }),
  ]
}

/** Without a certificate a host cannot join, and gets nothing that would help to. */
function clusterFiles({ plan, host, material }: RenderInput): readonly RenderedFile[] {
  const open = [
    file(HOST_PATHS.agentConfig, 'router', renderAgentConfig(plan, host, material)),
    file(HOST_PATHS.clusterCertificate, 'router', material.clusterCertificate),
  ]
  const certificate = material.certificates.get(host.name)
  if (certificate === undefined) return open
  return [
    ...open,
    file(HOST_PATHS.manifest, 'router', material.signedManifest),
    file(HOST_PATHS.certificate, 'router', certificate),
    {
      ...file(HOST_PATHS.admissionKey, 'router', material.admissionKeys.map(key => `${key}\n`).join('')),
      mode: '0600',
      isSecret: true,
    },
  ]
}

function dockerFiles(input: RenderInput): readonly RenderedFile[] {
  const { host } = input
  if (host.dockerMethod === 'none') return []
  const path = '/etc/systemd/system/docker.service.d/weave.conf'
  const dropIn = fromTemplate(input, path, { part: 'docker', initSystem: 'systemd' })
  return [...dockerSettingFiles(input), dropIn]
}

/** The file that holds the settings, and the other one when it held some of them. */
function dockerSettingFiles({ plan, host, facts }: RenderInput): RenderedFile[] {
  const defaults = facts?.files[FACT_PATHS.dockerDefaults] ?? null
  const daemon = facts?.files[FACT_PATHS.daemonJson] ?? null
  const isDefault = (host.dockerMethod ?? ASSUMED_DOCKER_METHOD) === 'default'
  const settings = dockerSettings(plan, host)
  const merges = mergesOf(settings, facts?.dockerMemory)
  const texts = {
    defaults: isDefault
      ? mergeDefaults(defaults, merges.defaults)
      : keepUnless(defaults, withoutDefaults, merges.defaults),
    daemon: isDefault ? keepUnless(daemon, withoutDaemonJson, merges.daemon) : mergeDaemonJson(daemon, merges.daemon),
  }
  return [
    ...(texts.defaults === undefined ? [] : [file(FACT_PATHS.dockerDefaults, 'docker', texts.defaults)]),
    ...(texts.daemon === undefined ? [] : [file(FACT_PATHS.daemonJson, 'docker', texts.daemon)]),
  ]
}

function mergesOf(settings: DockerSettings, memory: DockerMemory | undefined) {
  const known = Object.entries(memory?.settings ?? {})
  const dropped = Object.fromEntries(known.filter(([key]) => !Object.hasOwn(settings, key)))
  const mergeFor = (path: DockerFactPath): DockerMerge => ({
    settings,
    dropped,
    original: memory?.originals[path] ?? null,
  })
  return { defaults: mergeFor(FACT_PATHS.dockerDefaults), daemon: mergeFor(FACT_PATHS.daemonJson) }
}

function keepUnless(text: string | null, strip: (text: string, merge: DockerMerge) => string, merge: DockerMerge) {
  if (text === null) return undefined
  const stripped = strip(text, merge)
  return stripped === text ? undefined : stripped
}

function templateValues({ plan, host }: RenderInput): TemplateValues {
  return {
    host: host.name,
    bridge: BRIDGE_NAME,
    bridgeAddress: host.bridgeAddress,
    targets: host.targets.join(' '),
    mtu: plan.mtu,
    command: HOST_PATHS.command,
    controlSocket: HOST_PATHS.controlSocket,
    pidFile: HOST_PATHS.pidFile,
    assertBridge: ASSERT_BRIDGE,
    supervise: SUPERVISE,
    ...bridgeValues(networkToolOf(host), host.bridgeAddress),
    ...fastPathPermissions(plan.trustedSubnets.length > 0 || plan.wantsTunnels),
  }
}

/** What the agent may do beyond moving sealed frames. Kernels before 5.11 count BPF maps as locked memory. */
function fastPathPermissions(hasFastPath: boolean): TemplateValues {
  return {
    systemCalls: `@system-service${hasFastPath ? ' bpf' : ''}`,
    systemdMemoryLock: hasFastPath ? '\nLimitMEMLOCK=infinity' : '',
    upstartMemoryLock: hasFastPath ? '\nlimit memlock unlimited unlimited' : '',
    shellMemoryLock: hasFastPath ? MEMORY_LOCK : '',
  }
}

interface FileTraits {
  readonly part: Part
  readonly mode?: '0644' | '0755'
  readonly initSystem?: InitSystem
}

function fromTemplate(input: RenderInput, path: string, traits: FileTraits): RenderedFile {
  const content = input.templates.fill(path, templateValues(input))
  const { part, mode, initSystem } = traits
  return { ...file(path, part, content), mode: mode ?? '0644', initSystem }
}

function file(path: string, part: Part, content: string): RenderedFile {
  return { path, mode: '0644', part, isSecret: false, initSystem: undefined, content }
}
