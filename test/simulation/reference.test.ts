import { HOPS_MAX } from '../../src/core/wire/datagram.ts'
import { differenceOf, ReferenceModel } from './reference.ts'

describe('the reference model', () => {
  it('reaches over other hosts, but not over a cut', () => {
    const model = modelOf(['a', 'b', 'c', 'd'], ['ab', 'bc'])
    expect(model.reachableFrom('a')).toEqual(['a', 'b', 'c'])
    expect(model.hearersOf('a')).toEqual(['b', 'c'])
    expect(model.reachableFrom('d')).toEqual(['d'])
  })

  it('tells who is missing, who is too many, and who is there twice', () => {
    expect(differenceOf(['b', 'a'], ['a', 'b'], ['a', 'b'])).toBeUndefined()
    expect(differenceOf(['a', 'c'], ['a'], ['a', 'b', 'c'])).toBeUndefined()
    expect(differenceOf(['a'], ['a', 'b'], ['a', 'b'])).toBeDefined()
    expect(differenceOf(['a', 'd'], ['a'], ['a', 'b'])).toBeDefined()
    expect(differenceOf(['a', 'a'], ['a'], ['a'])).toBeDefined()
  })

  it('lets frames go no further than the hops of a datagram', () => {
    const names = ['a', ...Array.from({ length: HOPS_MAX + 1 }, (_, i) => `host ${i}`)]
    const model = modelOf(
      names,
      names.slice(1).map((name, i) => `${names[i]}${name}`),
    )
    expect(model.reachableFrom('a')).toHaveLength(HOPS_MAX + 2)
    expect(model.hearersOf('a')).not.toContain(names[HOPS_MAX + 1])
    expect(model.hearersOf('a')).toContain(names[HOPS_MAX])
  })
})

function modelOf(hosts: readonly string[], wires: readonly string[]): ReferenceModel {
  return new ReferenceModel({ hosts, passes: (a, b) => wires.includes(`${a}${b}`) || wires.includes(`${b}${a}`) })
}
