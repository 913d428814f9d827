import { bootIdOf, startOf } from '../../../../src/core/router/boot-id.ts'
import type { Output } from '../../../../src/core/router/index.ts'
import { OpenMembership } from '../../../../src/core/router/open-membership.ts'
import { yieldNumber } from '../../../../src/core/router/yield-number.ts'
import { peerNameOf } from '../../../../src/core/session/crypto.ts'

const STARTED_AT = 1_790_000_000_000n
const BOOT_ID_BITS = 64n

describe('a router whose short id is another’s', () => {
  it('starts anew with a boot id above its last, and time and again within what a record holds', () => {
    let startedAt = STARTED_AT
    for (let time = 0; time < 10; time++) {
      const bootId = bootIdOf(startedAt, () => Uint8Array.of(255, 255, 255))
      const next = startedAtOf(bootId)
      expect(bootIdOf(next, () => new Uint8Array(3))).toBeGreaterThan(bootId)
      expect(bootIdOf(next, () => new Uint8Array(3)) >> BOOT_ID_BITS).toBe(0n)
      expect(startOf(bootIdOf(next, () => new Uint8Array(3)))).toBe(startedAt + 1n)
      startedAt = next
    }
  })
})

function startedAtOf(bootId: bigint): bigint {
  const outputs: Output[] = []
  yieldNumber({
    membership: new OpenMembership({ name: peerNameOf(new Uint8Array(32)), shortId: 7 }),
    announcements: { bootId } as Parameters<typeof yieldNumber>[0]['announcements'],
    options: { shortId: 7 } as Parameters<typeof yieldNumber>[0]['options'],
    emit: output => outputs.push(output),
    log: () => undefined,
  })
  const [renumber] = outputs
  return renumber?.kind === 'renumber' ? renumber.bootId : 0n
}
