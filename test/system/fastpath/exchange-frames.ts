import { type AgentLab, closeOf } from '../agent/agent-lab.ts'
import { eventually } from '../eventually.ts'
import { RECEIVE_FRAMES, SEND_FRAMES } from './frame-scripts.ts'

const TRIES_MAX = 4
let nextSeed = 100

export interface ExchangeWish {
  readonly seed: string
  readonly frames: number
  /** MAC addresses. */
  readonly from: string
  readonly to: string
  /** The largest frame is as large; 1,376 when absent. */
  readonly mtu?: number
  /** No frame is of IP: those that are too large for a path are answered, not carried. */
  readonly isOpaque?: boolean
  /** Containers. */
  readonly sender: string
  readonly receivers: readonly string[]
}

export async function macOf(lab: AgentLab, container: string): Promise<string> {
  return (await lab.on(container, 'cat', '/sys/class/net/eth0/address')).stdout.trim()
}

/** Sends frames of every kind and size; gives what each receiver says of those that came. */
export async function exchangeFrames(lab: AgentLab, wish: ExchangeWish): Promise<readonly (string | undefined)[]> {
  const { seed, frames, from, to, mtu = 1376, isOpaque = false, sender, receivers } = wish
  const args = [seed, String(frames), to, from, String(mtu), isOpaque ? '1' : '0']
  const names = receivers.map(host => `receive-${seed}-${host}`)
  const children = receivers.map((host, i) => {
    return lab.spawn(host, ['python3', '-c', RECEIVE_FRAMES, ...args], { name: names[i] ?? '' })
  })
  for (const name of names) await eventually(5000, async () => lab.log(name).includes('listening') || 'not ready')
  await lab.on(sender, 'python3', '-c', SEND_FRAMES, ...args)
  await Promise.all(children.map(child => closeOf(child)))
  return names.map(name => lab.log(name).trim().split('\n').pop())
}

/** br_netfilter drops what says that it is IP and is not; some of the frames are that. */
export async function takeAnyFrame(lab: AgentLab, hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    await lab.on(host, 'sh', '-c', 'for f in /proc/sys/net/bridge/bridge-nf-call-*; do echo 0 >"$f"; done')
  }
}

/**
 * Exchanges frames until all have come: on Ethernet a frame may be lost, as when a busy machine keeps probes waiting until a path
 * counts as lost. That none comes altered or twice is asked of each try. Gives what is wrong, when something is.
 */
export async function troubleExchanging(lab: AgentLab, wish: Omit<ExchangeWish, 'seed' | 'from'>): Promise<string> {
  const from = await macOf(lab, wish.sender)
  let trouble = ''
  for (let i = 0; i < TRIES_MAX; i++) {
    const said = await exchangeFrames(lab, { ...wish, from, seed: String(nextSeed++) })
    trouble = said.every(line => line === `same=${wish.frames} twice=0 other=0`) ? '' : JSON.stringify(said)
    if (trouble === '' || !said.every(line => line?.endsWith(' twice=0 other=0'))) break
  }
  return trouble
}
