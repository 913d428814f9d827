import { type AgentLab, endOf, eventually } from '../agent/agent-lab.ts'
import { RECEIVE_FRAMES, SEND_FRAMES } from './frame-scripts.ts'

export interface ExchangeWish {
  readonly seed: string
  readonly frames: number
  /** MAC addresses. */
  readonly from: string
  readonly to: string
  /** Containers. */
  readonly sender: string
  readonly receivers: readonly string[]
}

export async function macOf(lab: AgentLab, container: string): Promise<string> {
  return (await lab.on(container, 'cat', '/sys/class/net/eth0/address')).stdout.trim()
}

/** Sends frames of every kind and size; gives what each receiver says of those that came. */
export async function exchangeFrames(lab: AgentLab, wish: ExchangeWish): Promise<readonly (string | undefined)[]> {
  const { seed, frames, from, to, sender, receivers } = wish
  const args = [seed, String(frames), to, from, '1376']
  const names = receivers.map(host => `receive-${seed}-${host}`)
  const children = receivers.map((host, i) => {
    return lab.spawn(host, ['python3', '-c', RECEIVE_FRAMES, ...args], { name: names[i] ?? '' })
  })
  for (const name of names) await eventually(5000, async () => lab.log(name).includes('listening') || 'not ready')
  await lab.on(sender, 'python3', '-c', SEND_FRAMES, ...args)
  await Promise.all(children.map(child => endOf(child)))
  return names.map(name => lab.log(name).trim().split('\n').pop())
}
