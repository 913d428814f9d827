import { gateDuties } from '../../../../src/provision/change/gate.ts'
import { batchesOf, parseSerial } from '../../../../src/provision/plan/batches.ts'
import { host, planned } from '../inventories.ts'

const HOSTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

describe('batches', () => {
  it.each([
    [undefined, undefined, [HOSTS]],
    ['1', undefined, HOSTS.map(name => [name])],
    ['3', undefined, [['a', 'b', 'c'], ['d', 'e', 'f'], ['g']]],
    ['30%', undefined, [['a', 'b'], ['c', 'd'], ['e', 'f'], ['g']]],
    ['1%', undefined, HOSTS.map(name => [name])],
    [undefined, 'c', [['c'], ['a', 'b', 'd', 'e', 'f', 'g']]],
    ['4', 'g', [['g'], ['a', 'b', 'c', 'd'], ['e', 'f']]],
    [
      '4',
      'elsewhere',
      [
        ['a', 'b', 'c', 'd'],
        ['e', 'f', 'g'],
      ],
    ],
  ])('of %s with canary %s', (text, canary, expected) => {
    const serial = text === undefined ? undefined : parseSerial(text)
    expect(batchesOf(HOSTS, { serial: serial?.ok === true ? serial.value : undefined, canary })).toEqual(expected)
  })

  it('of nobody are none', () => {
    expect(batchesOf([], { serial: undefined, canary: undefined })).toEqual([])
  })

  it.each(['0', '-1', '101%', 'x', '1.5', '%', ''])('a serial of %j is refused', text => {
    expect(parseSerial(text).ok).toBe(false)
  })
})

describe('the gate', () => {
  const plan = planned(HOSTS.map(name => host(name)))

  it('holds a batch against those who were well, both ways', () => {
    const duties = gateDuties(plan, ['b'], ['a'])
    expect([...duties.keys()]).toEqual(['b', 'a'])
    expect(duties.get('b')).toEqual({ reach: ['a'], pings: [{ host: 'a', address: '10.2.0.1' }] })
    expect(duties.get('a')).toEqual({ reach: ['b'], pings: [{ host: 'b', address: '10.2.0.2' }] })
  })

  it('asks nothing of a first host that is alone', () => {
    expect(gateDuties(plan, ['a'], [])).toEqual(new Map())
  })

  it('is bounded in a large cluster', () => {
    const names = Array.from({ length: 200 }, (_, i) => `h${i + 1}`)
    const large = planned(
      names.map((name, i) => host(name, { underlayAddresses: [`192.0.${Math.floor(i / 250)}.${(i % 250) + 1}`] })),
    )
    const duties = gateDuties(large, names.slice(0, 40), names.slice(40))
    expect(duties.size).toBe(48)
    expect(Math.max(...[...duties.values()].map(({ pings }) => pings.length))).toBeLessThanOrEqual(8)
  })
})
