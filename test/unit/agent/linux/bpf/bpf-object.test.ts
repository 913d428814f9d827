import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bindMaps, parseBpfObject } from '../../../../../src/agent/linux/bpf/bpf-object.ts'
import { PROJECT_ROOT } from '../../../../architecture/project-files.ts'

const BYTES = readFileSync(join(PROJECT_ROOT, 'bpf', 'fast-path.o'))
const BPF_LD_IMM64 = 0x18
const BPF_PSEUDO_MAP_FD = 1

describe('the shipped BPF object', () => {
  const object = parseBpfObject(BYTES)

  it('has five programs under a license that the kernel lets use its helpers', () => {
    const names = object.programs.map(program => program.name)
    expect(names).toEqual(['to_underlay', 'from_underlay', 'from_sleeve', 'from_tunnel', 'from_wire'])
    expect(object.license).toBe('Dual MIT/GPL')
  })

  it('defines maps that are bounded', () => {
    const sizes = object.maps.map(map => [map.name, map.keyBytes, map.valueBytes, map.entriesMax])
    expect(sizes.sort()).toEqual([
      ['weave_addresses', 4, 16, 16384],
      ['weave_answers', 4, 16, 4096],
      ['weave_config', 4, 20, 1],
      ['weave_counters', 4, 8, 21],
      ['weave_endpoints', 4, 4, 16384],
      ['weave_handles', 16, 4, 16384],
      ['weave_hops', 4, 8, 4096],
      ['weave_macs', 8, 16, 65536],
      ['weave_relayed', 4, 16, 4096],
      ['weave_sealed', 4, 16, 4096],
      ['weave_traffic', 4, 32, 4096],
      ['weave_trees', 4, 1032, 4096],
    ])
  })

  it('has names that the kernel takes whole', () => {
    for (const { name } of [...object.maps, ...object.programs]) expect(name.length).toBeLessThanOrEqual(15)
  })

  it('is bound to maps at each place that refers to one', () => {
    const fds = new Map(object.maps.map(({ name }, i) => [name, 40 + i]))
    for (const program of object.programs) {
      const bound = bindMaps(program, fds)
      // What only marks what it sees looks nothing up.
      expect(program.relocations.length > 0).toBe(program.name !== 'from_tunnel')
      for (const { at, map } of program.relocations) {
        expect([bound[at], (bound[at + 1] ?? 0) >> 4, bound.readInt32LE(at + 4)]).toEqual([
          BPF_LD_IMM64,
          BPF_PSEUDO_MAP_FD,
          fds.get(map),
        ])
      }
      expect(program.instructions).toEqual(new Uint8Array(program.instructions))
    }
  })

  it('is refused when a map is missing', () => {
    const [program] = object.programs
    if (program === undefined) throw new Error('no program')
    expect(() => bindMaps(program, new Map())).toThrow('refers to a map that the object defines')
  })

  it.each([
    ['nothing', Buffer.alloc(64)],
    ['an object for another machine', Buffer.from(BYTES).fill(62, 18, 19)],
  ])('%s is no object', (_, bytes) => {
    expect(() => parseBpfObject(bytes)).toThrow('assertion failed')
  })
})
