import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isLinkLocal, isOfOneHost, parseIpAddress, parseIpNetwork } from '../../base/ip-address.ts'
import type { Result } from '../../base/result.ts'
import { UserError } from '../../base/user-error.ts'
import { parseJson, ShapeReader } from '../../contract/json-shape.ts'
import { replaceFile } from './atomic-file.ts'

/** How `weave launch` was called on a host without a provisioner: kept, so that a restart is the same router (Weave row FLAG-08). */
export interface LaunchRecord {
  readonly format: 1
  readonly nickname: string
  readonly listen: { readonly ip: string; readonly port: number }
  /** Addresses that others may reach this host at and that it does not have itself: of a NAT that forwards the port. */
  readonly advertise: readonly string[]
  readonly discovery: boolean
  /** Links at most; 0 for no limit but the router's own. */
  readonly connectionsMax: number
  /** Networks in which Weave did without encryption. Here all is encrypted; they are shown. */
  readonly trustedSubnets: readonly string[]
}

/** A router takes no more links, as it can tell the others of no more. */
export const CONNECTIONS_MAX = 1_024

/** Undefined when the host was never launched. */
export function loadLaunch(path: string): LaunchRecord | undefined {
  if (!existsSync(path)) return undefined
  const launch = parseLaunch(readFileSync(path, 'utf8'))
  if (launch.ok) return launch.value
  throw new UserError({ cause: `${path}: ${launch.error}`, remedy: `delete it, and run \`weave launch\` again` })
}

/** May throw. */
export function saveLaunch(path: string, launch: LaunchRecord): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  replaceFile(path, `${JSON.stringify(launch)}\n`, 0o600)
}

/** Whether others can be told to dial it. */
export function isAdvertisable(text: string): boolean {
  const address = parseIpAddress(text)
  return address.ok && isOfOneHost(address.value) && !isLinkLocal(address.value)
}

function parseLaunch(text: string): Result<LaunchRecord> {
  const json = parseJson(text)
  if (!json.ok) return json
  const shape = new ShapeReader(json.value)
  const listen = shape.object('listen')
  const launch: LaunchRecord = {
    format: shape.integer('format', 1, 1) as 1,
    nickname: shape.text('nickname'),
    listen: { ip: listen.text('ip'), port: listen.integer('port', 1, 65535) },
    advertise: shape.optionalTexts('advertise'),
    discovery: shape.flag('discovery'),
    connectionsMax: shape.integer('connectionsMax', 0, CONNECTIONS_MAX),
    trustedSubnets: shape.texts('trustedSubnets'),
  }
  shape.check(parseIpAddress(launch.listen.ip).ok, 'listen.ip must be an IP address')
  for (const ip of launch.advertise) shape.check(isAdvertisable(ip), `advertise: '${ip}' is not an address of one host`)
  for (const subnet of launch.trustedSubnets) shape.check(parseIpNetwork(subnet).ok, `'${subnet}' is not a network`)
  return shape.result(launch)
}
