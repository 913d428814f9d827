import { UserError } from '../../base/user-error.ts'
import { addBridge, type BridgeWish, setAddress, setMtuAndUp } from './ip-commands.ts'
import { findDevice } from './network-device.ts'
import { runCommand } from './run-command.ts'

/** Makes the bridge, or brings the one there is to the wished state. True when it was made. */
export function ensureBridge(wish: BridgeWish): boolean {
  const found = findDevice(wish.name)
  if (found !== undefined && found.kind !== 'bridge') {
    throw new UserError({
      cause: `there is a network device '${wish.name}' that is not a bridge`,
      remedy: `remove it (ip link delete ${wish.name}), or set another name as bridge.name in agent-config.json`,
    })
  }
  if (found === undefined) makeBridge(wish)
  if (found === undefined || found.mtu !== wish.mtu || !found.isUp) runCommand(setMtuAndUp(wish.name, wish.mtu))
  return found === undefined
}

function makeBridge(wish: BridgeWish): void {
  runCommand(addBridge(wish))
  const mac = wish.mac ?? findDevice(wish.name)?.mac
  if (mac !== undefined) runCommand(setAddress(wish.name, mac))
}
