import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type IpOnNetwork, parseIpOnNetwork } from '../../base/ip-address.ts'
import type { AddressSource } from '../http/address-client.ts'
import { COMMAND_LIMIT_MS } from '../linux/run-command.ts'
import type { CniCall } from './cni-call.ts'
import { CNI_CODES, CniError } from './cni-error.ts'

const OWN = ['', 'weave', 'weave-ipam']

/** Addresses from the router, or from the plugin that the configuration names as ipam.type (Weave row CNI-04). */
export async function obtainAddresses(call: CniCall, source: AddressSource): Promise<readonly IpOnNetwork[]> {
  if (!OWN.includes(call.ipamType)) return delegate(call, 'ADD')
  if (call.wishedAddresses.length === 0) return [await source.allocate(call.containerId, call.subnet)]
  for (const address of call.wishedAddresses) await source.claim(call.containerId, address)
  return call.wishedAddresses
}

/** What is not held any more is no error: runtimes repeat DEL. */
export async function releaseAddresses(call: CniCall, source: AddressSource): Promise<void> {
  if (OWN.includes(call.ipamType)) await source.release(call.containerId)
  else delegate(call, 'DEL')
}

/** Only its first address is used. */
function delegate(call: CniCall, command: 'ADD' | 'DEL'): readonly IpOnNetwork[] {
  const isName = /^[\w.-]+$/.test(call.ipamType)
  const program = isName ? call.path.map(folder => join(folder, call.ipamType)).find(existsSync) : undefined
  if (program === undefined) {
    throw new CniError(
      CNI_CODES.invalidConfig,
      `there is no plugin '${call.ipamType}' in CNI_PATH`,
      call.path.join(':'),
    )
  }
  const environment = { ...process.env, CNI_COMMAND: command }
  const limit = { timeout: COMMAND_LIMIT_MS, killSignal: 'SIGKILL' } as const
  const ended = spawnSync(program, { input: call.text, encoding: 'utf8', env: environment, ...limit })
  if (ended.error !== undefined) {
    const { code, message } = ended.error as NodeJS.ErrnoException
    const reason =
      code === 'ETIMEDOUT' ? `it has not ended within ${COMMAND_LIMIT_MS / 1000} s, and was killed` : message
    throw new CniError(CNI_CODES.ioFailure, `${call.ipamType} failed`, `${program}: ${reason}`)
  }
  if (ended.status !== 0)
    throw new CniError(CNI_CODES.ioFailure, `${call.ipamType} failed`, `${ended.stdout}${ended.stderr}`)
  if (command === 'DEL') return []
  const { ips = [] } = JSON.parse(ended.stdout) as { ips?: { address?: string }[] }
  const first = parseIpOnNetwork(ips[0]?.address ?? '')
  if (!first.ok) throw new CniError(CNI_CODES.ioFailure, `${call.ipamType} gave no address`, ended.stdout)
  return [first.value]
}
