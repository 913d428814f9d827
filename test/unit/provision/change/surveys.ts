import { digestOf } from '../../../../src/provision/change/host-change.ts'
import type { RenderedFile, RenderedHost } from '../../../../src/provision/render/rendered-host.ts'
import type {
  HostSurvey,
  SurveyedContainer,
  SurveyedDocker,
  SurveyedFile,
} from '../../../../src/provision/survey/survey.ts'
import { facts } from '../inventories.ts'

/** What the tests of changes start from: a host that is as planned. */

export const RELEASE = { digest: 'r1' }

export function file(path: string, content: string, settings: Partial<RenderedFile> = {}): RenderedFile {
  return { path, mode: '0644', part: 'router', isSecret: false, initSystem: undefined, content, ...settings }
}

export function rendered(files: readonly RenderedFile[], settings: Partial<RenderedHost> = {}): RenderedHost {
  return {
    host: 'a',
    index: 1,
    initSystem: 'systemd',
    networkTool: 'ifupdown',
    dockerMethod: 'default',
    bridge: 'weave',
    bridgeAddress: '10.2.0.1/16',
    containerRange: '10.2.1.0/24',
    mtu: 1376,
    port: 6783,
    underlayAddresses: ['192.0.2.1'],
    targets: [],
    isCertified: true,
    dockerSettings: {},
    files,
    ...settings,
  }
}

export function surveyed(files: Readonly<Record<string, string>>, settings: Partial<HostSurvey> = {}): HostSurvey {
  const asSurveyed = ([path, text]: [string, string]): [string, SurveyedFile] => [
    path,
    { digest: digestOf(text), mode: '0644', isOurs: true, text },
  ]
  return {
    facts: facts(),
    problems: [],
    needsAgent: false,
    needsRuntime: false,
    clockOffsetSeconds: 0,
    files: Object.fromEntries(Object.entries(files).map(asSurveyed)),
    release: RELEASE.digest,
    pending: {},
    bridge: { isUp: true, addresses: ['10.2.0.1/16'] },
    services: { weave: { isActive: true, isEnabled: true }, docker: { isActive: true, isEnabled: true } },
    docker: docker([]),
    unreached: [],
    system: {
      kernel: '6.1.0',
      interfaces: [{ name: 'eth0', mtu: 1500, addresses: ['192.0.2.1/24'] }],
      missingTools: [],
      missingFeatures: [],
      firewalls: [],
    },
    busyPorts: [],
    ...settings,
  }
}

export function docker(
  containers: readonly SurveyedContainer[],
  settings: Partial<SurveyedDocker> = {},
): SurveyedDocker {
  return {
    isAnswering: true,
    error: '',
    version: '20.10.24',
    liveRestore: false,
    network: { bridge: 'weave', subnets: ['10.2.0.0/16'], range: '10.2.1.0/24' },
    containers,
    ...settings,
  }
}
