import { UserError } from '../../base/user-error.ts'
import { findDevice, type NetworkDevice } from './network-device.ts'

/** Throws what `noBridge` says when there is none of that name, or something else under it. */
export function requireBridge(name: string): NetworkDevice {
  const device = findDevice(name)
  if (device?.kind !== 'bridge') throw noBridge(name)
  return device
}

export function noBridge(name: string): UserError {
  return new UserError({
    cause: `there is no bridge '${name}'`,
    remedy: 'make it: `weave create-bridge`, or `ifup weave`; `ip link show type bridge` lists those that are there',
  })
}
