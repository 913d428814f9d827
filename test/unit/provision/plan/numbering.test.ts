import fc from 'fast-check'
import { allocateNumbers, type NumberingInput } from '../../../../src/provision/plan/numbering.ts'

function allocate(names: readonly string[], input: Partial<NumberingInput> = {}) {
  return allocateNumbers({
    requests: names.map(name => ({ name, wanted: undefined })),
    locked: [],
    tombstones: [],
    max: 255,
    remedyForExhaustion: 'widen',
    ...input,
  })
}

function numbersOf(names: readonly string[], input: Partial<NumberingInput> = {}) {
  return Object.fromEntries(allocate(names, input).numbers)
}

describe('host numbers', () => {
  it('begin at 1, in the natural order of the names', () => {
    expect(numbersOf(['node10', 'node9', 'node1'])).toEqual({ node1: 1, node9: 2, node10: 3 })
  })

  it('are kept when a host comes that sorts first: list positions do not count (trap 1.4.1)', () => {
    const locked = [
      { name: 'm1', index: 1 },
      { name: 's1', index: 2 },
    ]
    expect(numbersOf(['a0', 'm1', 's1'], { locked })).toEqual({ a0: 3, m1: 1, s1: 2 })
  })

  it('of a removed host stay free while others are', () => {
    const { numbers, tombstones } = allocate(['b', 'c'], {
      locked: [
        { name: 'a', index: 1 },
        { name: 'b', index: 2 },
      ],
    })
    expect(Object.fromEntries(numbers)).toEqual({ b: 2, c: 3 })
    expect(tombstones).toEqual([{ name: 'a', index: 1 }])
  })

  it('come back to a host that returns', () => {
    const { numbers, tombstones } = allocate(['a', 'b'], { tombstones: [{ name: 'b', index: 7 }] })
    expect(Object.fromEntries(numbers)).toEqual({ a: 1, b: 7 })
    expect(tombstones).toEqual([])
  })

  it('are taken from the host that went first only when nothing else is left', () => {
    const tombstones = [
      { name: 'x', index: 2 },
      { name: 'y', index: 1 },
    ]
    expect(numbersOf(['a', 'b'], { tombstones, max: 3 })).toEqual({ a: 3, b: 2 })
  })

  it('that the inventory insists on win over the smallest free one', () => {
    const requests = [
      { name: 'a', wanted: undefined },
      { name: 'b', wanted: 1 },
    ]
    expect(numbersOf([], { requests })).toEqual({ a: 2, b: 1 })
  })

  it('wanted by two hosts are refused, naming both', () => {
    const requests = [
      { name: 'a', wanted: 4 },
      { name: 'b', wanted: 4 },
    ]
    expect(allocate([], { requests }).problems).toEqual([
      { cause: "hosts 'a' and 'b' have the same number 4", remedy: "change weave_index of 'b' or set another for 'a'" },
    ])
  })

  it('wanted by one host and locked for another are refused', () => {
    const requests = [
      { name: 'a', wanted: 4 },
      { name: 'b', wanted: undefined },
    ]
    const { problems } = allocate([], { requests, locked: [{ name: 'b', index: 4 }] })
    expect(problems.map(({ cause }) => cause)).toEqual(["hosts 'b' and 'a' have the same number 4"])
  })

  it('left for another number are not given to others at once', () => {
    const requests = [
      { name: 'a', wanted: 9 },
      { name: 'b', wanted: undefined },
    ]
    const { numbers, tombstones } = allocate([], { requests, locked: [{ name: 'a', index: 1 }] })
    expect(Object.fromEntries(numbers)).toEqual({ a: 9, b: 2 })
    expect(tombstones).toEqual([{ name: 'a', index: 1 }])
  })

  it('run out with the number of hosts, the room and the remedy (trap 1.4.2)', () => {
    const names = Array.from({ length: 256 }, (_, i) => `h${i + 1}`)
    expect(allocate(names).problems).toEqual([
      { cause: "host 256 of 255: 'h256' would find no container range", remedy: 'widen' },
    ])
  })

  it('of the lock that the layout has no room for any more are refused', () => {
    const { problems } = allocate(['a'], { locked: [{ name: 'a', index: 9 }], max: 3 })
    expect(problems.map(({ cause }) => cause)).toEqual(["host 'a' has number 9, but numbers go from 1 to 3"])
  })
})

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/), { maxLength: 60 })

describe('host numbers, whatever the inventory', () => {
  it('are never the same for two hosts, and always in range', () => {
    fc.assert(
      fc.property(names, fc.array(names, { maxLength: 5 }), (first, later) => {
        for (const { numbers } of history([first, ...later])) {
          expect(new Set(numbers.values()).size).toBe(numbers.size)
          for (const index of numbers.values()) expect(index >= 1 && index <= 255).toBe(true)
        }
      }),
    )
  })

  it('stay with a host through all comings and goings of others', () => {
    fc.assert(
      fc.property(names, fc.array(names, { maxLength: 5 }), (always, others) => {
        const steps = history([always, ...others.map(some => [...new Set([...always, ...some])])])
        for (const { numbers } of steps) {
          for (const name of always) expect(numbers.get(name)).toBe(steps[0]?.numbers.get(name))
        }
      }),
    )
  })

  it('do not depend on the order of the inventory', () => {
    fc.assert(
      fc.property(names, names, (present, former) => {
        const locked = former.map((name, i) => ({ name, index: i + 1 }))
        expect(numbersOf([...present].reverse(), { locked: [...locked].reverse() })).toEqual(
          numbersOf(present, { locked }),
        )
      }),
    )
  })

  it('are not used again while another is free', () => {
    fc.assert(
      fc.property(names, names, (before, after) => {
        const [first, second] = history([before, after])
        const had = new Map([...(first?.numbers ?? [])].map(([name, index]) => [index, name]))
        for (const [name, index] of second?.numbers ?? []) expect(had.get(index) ?? name).toBe(name)
      }),
    )
  })
})

/** One run after the other, each with the lock that the one before has left. */
function history(inventories: readonly (readonly string[])[]) {
  const steps: ReturnType<typeof allocate>[] = []
  for (const inventory of inventories) {
    const last = steps.at(-1)
    const locked = [...(last?.numbers ?? [])].map(([name, index]) => ({ name, index }))
    steps.push(allocate(inventory, { locked, tombstones: last?.tombstones ?? [] }))
  }
  return steps
}
