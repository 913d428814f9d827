import { type GuardCommands, PortGuard } from '../../../../src/agent/isolation/port-guard.ts'
import { parseIpOnNetwork } from '../../../../src/base/ip-address.ts'
import { UserError } from '../../../../src/base/user-error.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('the guard of ports, when it looks whether its rules are there', () => {
  const folder = useTemporaryFolder()
  let kernel: FakeKernel
  let guard: PortGuard

  beforeEach(() => {
    kernel = new FakeKernel()
    guard = new PortGuard({ folder: folder(), overlay: undefined, failed: () => undefined }, kernel)
  })

  it('runs no program while no port is guarded', async () => {
    for (let look = 0; look < 3; look++) expect(await guard.restore()).toBe(false)
    expect(kernel.programs).toBe(0)
  })

  it('runs one, and no more until somebody changes a rule of the host’s', async () => {
    await guard.admit('lo', [address()])
    expect(await looks()).toBe(1)
    expect(await looks()).toBe(0)
    kernel.changes++
    expect(await looks()).toBe(1)
    expect(await looks()).toBe(0)
  })

  it('puts back what was flushed, and looks once more whether it is there', async () => {
    await guard.admit('lo', [address()])
    await guard.restore()
    kernel.flush()
    expect(await guard.restore()).toBe(true)
    expect(kernel.table).toContain('"lo"')
    expect(await looks()).toBe(1)
    expect(await looks()).toBe(0)
  })

  it('goes on trying to put back what the host refuses, though no rule changes', async () => {
    await guard.admit('lo', [address()])
    kernel.flush()
    kernel.refuses = true
    for (let look = 0; look < 3; look++) expect(await guard.restore()).toBe(true)
    kernel.refuses = false
    expect(await guard.restore()).toBe(true)
    expect(await guard.restore()).toBe(false)
  })

  it('looks each time where changes cannot be told', async () => {
    await guard.admit('lo', [address()])
    kernel.tells = false
    expect([await looks(), await looks()]).toEqual([1, 1])
  })

  it('tells the kernel of one change after the other, also after one that failed', async () => {
    const before = guard.admit('lo', [address()])
    const other = guard.admit('eth7', [address()])
    const gone = guard.release('lo')
    expect(kernel.atWorkMax).toBe(0)
    await Promise.all([before, other, gone])
    expect(kernel.atWorkMax).toBe(1)
    expect(kernel.table.lastIndexOf('"eth7"')).toBeLessThan(kernel.table.lastIndexOf('"lo"'))
  })

  /** Programs that a look takes. */
  async function looks(): Promise<number> {
    const before = kernel.programs
    expect(await guard.restore()).toBe(false)
    return kernel.programs - before
  }
})

function address() {
  const parsed = parseIpOnNetwork('10.2.1.1/24')
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

/** Shows as its table all that it was told since the last flush; a part of a table is refused where there is none. */
class FakeKernel implements GuardCommands {
  programs = 0
  changes = 1
  table = ''
  tells = true
  refuses = false
  /** Programs that ran side by side. */
  atWorkMax = 0
  #atWork = 0

  async run(input: string): Promise<void> {
    this.programs++
    this.atWorkMax = Math.max(this.atWorkMax, ++this.#atWork)
    await Promise.resolve()
    this.#atWork--
    const isLackingTable = this.table === '' && !input.includes('jump')
    if (this.refuses || isLackingTable) throw new UserError({ cause: 'nft fails', remedy: 'none' })
    this.changes++
    this.table += input
  }

  ask(): string {
    this.programs++
    return this.table
  }

  generation(): number | undefined {
    return this.tells ? this.changes : undefined
  }

  flush(): void {
    this.changes++
    this.table = ''
  }
}
