/** Marks and addresses with a meaning: bpf/fast-path.h. */
export const ADDRESSED = 0x77656176
export const OPENED = 0x77656177
/** In the tunnel id of all that a host sends, and so of what its kernel gives back; on no wire. */
export const SENT_BY_US = 0x0100_0000
const HANDLES = 0x7f
const TUNNELS = 0xa9fe6

export function isHandle(address: number): boolean {
  return address >>> 24 === HANDLES
}

export function isTunnel(address: number): boolean {
  return address >>> 12 === TUNNELS
}

export function readFrame(frame: string): { readonly to: string; readonly from: string; readonly type: number } {
  return { to: frame.slice(0, 12), from: frame.slice(12, 24), type: Number.parseInt(frame.slice(24, 28), 16) }
}

export function isGroup(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1
}

/** No bridge passes it on. */
export function isReserved(mac: string): boolean {
  return mac.startsWith('0180c200000')
}
