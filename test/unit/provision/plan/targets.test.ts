import { host, planned } from '../inventories.ts'

function targetsOf(count: number): ReadonlyMap<string, readonly string[]> {
  const hosts = Array.from({ length: count }, (_, i) => host(`h${i + 1}`, { underlayAddresses: [addressOf(i)] }))
  return new Map(planned(hosts).hosts.map(({ name, targets }) => [name, targets]))
}

function addressOf(i: number): string {
  return `192.0.${Math.floor(i / 200)}.${(i % 200) + 1}`
}

it('in a small cluster every host dials every other', () => {
  expect([...targetsOf(10).values()].map(({ length }) => length)).toEqual(Array(10).fill(9))
})

describe('in a large cluster', () => {
  const targets = targetsOf(200)

  it('a host dials some, never itself, and none twice', () => {
    for (const [name, list] of targets) {
      expect(list.length).toBeLessThanOrEqual(20)
      expect(new Set(list).size).toBe(list.length)
      expect(list).not.toContain(`${addressOf(Number(name.slice(1)) - 1)}:6783`)
    }
  })

  it('a few steps lead from any host to all others', () => {
    const reached = new Set(['h1'])
    const steps = []
    for (let last = 0; reached.size > last; ) {
      last = reached.size
      steps.push(last)
      for (const name of [...reached]) {
        for (const target of targets.get(name) ?? []) reached.add(nameOf(target))
      }
    }
    expect(reached.size).toBe(200)
    expect(steps.length).toBeLessThanOrEqual(6)
  })

  it('one host more changes the files of a few', () => {
    const more = targetsOf(201)
    const changed = [...targets].filter(([name, list]) => JSON.stringify(more.get(name)) !== JSON.stringify(list))
    expect(changed.length).toBeLessThanOrEqual(10)
  })
})

function nameOf(target: string): string {
  const [ip = ''] = target.split(':')
  const [, , third, fourth] = ip.split('.').map(Number)
  return `h${(third ?? 0) * 200 + (fourth ?? 0)}`
}
