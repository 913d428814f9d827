import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentLab } from '../../test/system/agent/agent-lab.ts'
import { must } from './candidates/kernel.ts'

const LOOK_MS = 300
const BUSY_MAX = 0.1

/** Waits until others leave the machine alone; false when they do not: what is measured then is marked. */
export async function awaitQuiet(waitMs: number): Promise<boolean> {
  const endsAt = performance.now() + waitMs
  do {
    const before = readTimes()
    await sleep(LOOK_MS)
    const after = readTimes()
    const busy = (after.busy - before.busy) / Math.max(after.all - before.all, 1)
    if (busy <= BUSY_MAX) return true
  } while (performance.now() < endsAt)
  return false
}

/** Ticks of all cores since boot; time stolen by other machines is busy too. */
function readTimes(): { readonly busy: number; readonly all: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const fields = line.split(/\s+/).slice(1, 9).map(Number)
  const all = fields.reduce((sum, ticks) => sum + ticks, 0)
  const idle = (fields[3] ?? 0) + (fields[4] ?? 0)
  return { busy: all - idle, all }
}

const ENDS = [
  { host: 'a', device: 'ab' },
  { host: 'b', device: 'ba' },
] as const

const OFFLOADS = ['tso', 'gso', 'gro', 'tx-udp-segmentation'] as const

/**
 * Loses `percent` of the packets on the cable between `a` and `b`, both ways, while `act` runs. What the kernel would hand over
 * as one large packet is cut first, so that each packet is lost by itself, as on a real cable.
 */
export async function withLoss(lab: AgentLab, percent: number, act: () => Promise<void>): Promise<void> {
  if (percent === 0) return act()
  const perMille = Math.round(percent * 10)
  for (const { host, device } of ENDS) {
    await switchOffloads(lab, { host, device, state: 'off' })
    const chain = `add chain netdev loss in { type filter hook ingress device ${device} priority 0; }`
    const rule = `add rule netdev loss in numgen random mod 1000 < ${perMille} drop`
    await must(lab, host, 'nft', `add table netdev loss; ${chain}; ${rule}`)
  }
  try {
    await act()
  } finally {
    for (const { host, device } of ENDS) {
      await must(lab, host, 'nft', 'delete table netdev loss')
      await switchOffloads(lab, { host, device, state: 'on' })
    }
  }
}

async function switchOffloads(
  lab: AgentLab,
  { host, device, state }: { host: string; device: string; state: 'on' | 'off' },
): Promise<void> {
  await must(lab, host, 'ethtool', '-K', device, ...OFFLOADS.flatMap(name => [name, state]))
}
