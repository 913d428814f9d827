import { readdirSync } from 'node:fs'
import { Rehearsal } from '../../../../src/agent/datapath/rehearsal.ts'
import { loadLibc } from '../../../../src/agent/linux/libc.ts'
import { createNodeCipher, type DatagramCipher } from '../../../../src/core/router/index.ts'

describe.each([true, false])('the rehearsal of the data path, with a header before frames: %s', hasHeader => {
  it('has every frame sealed and opened, and leaves no descriptor and no key behind', () => {
    const counts = { loaded: 0, sealed: 0, opened: 0 }
    const before = openDescriptors()
    const clock = () => performance.now()
    const offload = { hasHeader, cutsUdp: false }
    const rehearsal = new Rehearsal({
      libc: loadLibc(),
      cipher: counting(counts),
      offload,
      family: 'ipv6',
      clock,
      rounds: 20,
    })
    expect(rehearsal.play()).toBe(true)
    expect(counts.sealed).toBe(30)
    expect(rehearsal.play()).toBe(false)
    expect(counts).toMatchObject({ loaded: 0, sealed: 40 })
    // All of them, unless the kernel is late with some: they go by its loopback device.
    expect(counts.opened).toBeGreaterThan(20)
    expect(openDescriptors()).toBe(before)
  })
})

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

function counting(counts: { loaded: number; sealed: number; opened: number }): DatagramCipher {
  const cipher = createNodeCipher()
  return {
    verdicts: cipher.verdicts,
    load: key => {
      counts.loaded++
      return cipher.load(key)
    },
    unload: key => {
      counts.loaded--
      cipher.unload(key)
    },
    seal: (key, counter, memory, run) => {
      counts.sealed += Math.ceil(run.length / run.datagramBytes)
      cipher.seal(key, counter, memory, run)
    },
    open: (key, memory, run) => {
      const authentic = cipher.open(key, memory, run)
      counts.opened += authentic
      return authentic
    },
  }
}
