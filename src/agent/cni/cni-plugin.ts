import { UserError } from '../../base/user-error.ts'
import type { HostContainers } from '../containers/host-containers.ts'
import { ControlError } from '../http/control-error.ts'
import { CNI_VERSIONS, type CniEnvironment, parseCall } from './cni-call.ts'
import { CNI_CODES, CniError } from './cni-error.ts'
import { CniRecords } from './cni-records.ts'
import { weaveIpam } from './weave-ipam.ts'
import { weaveNet } from './weave-net.ts'

export const CNI_PLUGINS = ['weave-net', 'weave-ipam'] as const
export type CniPlugin = (typeof CNI_PLUGINS)[number]

export interface CniOptions {
  readonly tools: HostContainers
  readonly stateFolder: string
  readonly isRouterRunning: () => Promise<boolean>
}

export interface CniReply {
  /** For standard output. */
  readonly text: string
  readonly exitCode: 0 | 1
}

/** Answers one call of a container runtime; errors too are answers (CNI specification 1.1, section 5). */
export async function answerCni(
  plugin: CniPlugin,
  call: { readonly environment: CniEnvironment; readonly text: string },
  options: CniOptions,
): Promise<CniReply> {
  let version: string = CNI_VERSIONS[CNI_VERSIONS.length - 1] ?? ''
  try {
    const parsed = parseCall(call.environment, call.text)
    if (parsed.command === 'VERSION') {
      return { text: JSON.stringify({ cniVersion: version, supportedVersions: CNI_VERSIONS }), exitCode: 0 }
    }
    version = parsed.version
    const { tools, isRouterRunning } = options
    const records = new CniRecords(options.stateFolder)
    const text =
      plugin === 'weave-ipam'
        ? await weaveIpam(parsed, tools.addresses, records)
        : await weaveNet(parsed, { ...tools, records, isRouterRunning })
    return { text, exitCode: 0 }
  } catch (cause) {
    return { text: JSON.stringify({ cniVersion: version, ...explain(cause) }), exitCode: 1 }
  }
}

function explain(cause: unknown): { readonly code: number; readonly msg: string; readonly details: string } {
  if (cause instanceof CniError) return { code: cause.code, msg: cause.message, details: cause.details }
  if (!(cause instanceof UserError)) return { code: CNI_CODES.ioFailure, msg: String(cause), details: '' }
  // A router that is only just starting will be there soon.
  const code = cause instanceof ControlError ? CNI_CODES.tryAgain : CNI_CODES.ioFailure
  return { code, msg: cause.message, details: cause.problems.map(({ remedy }) => remedy).join('; ') }
}
