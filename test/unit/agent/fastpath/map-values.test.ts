import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { HANDLE_NETWORK } from '../../../../src/agent/fastpath/handles.ts'
import { countCpus } from '../../../../src/agent/fastpath/kernel-maps.ts'
import {
  CHILDREN_MAX,
  COUNTER_NAMES,
  MACS_MAX,
  PEERS_MAX,
  readAnswer,
  readConfig,
  readCounter,
  readHop,
  readLoad,
  readOwner,
  readTraffic,
  readTree,
  SLEEVE,
  VALUE_BYTES,
  writeConfig,
  writeHop,
  writeTree,
} from '../../../../src/agent/fastpath/map-values.ts'
import { PROJECT_ROOT } from '../../../architecture/project-files.ts'

const HEADER = readFileSync(join(PROJECT_ROOT, 'bpf', 'fast-path.h'), 'utf8')
const word = () => fc.integer({ min: 0, max: 0xffff_ffff })

describe('values of the maps', () => {
  it('a configuration is read as it was written', () => {
    const configs = fc.record({
      self: word(),
      tap: word(),
      vxlan: word(),
      puntsFloods: fc.boolean(),
      generation: word(),
    })
    fc.assert(
      fc.property(configs, config => {
        const bytes = Buffer.alloc(VALUE_BYTES.config)
        writeConfig(bytes, config)
        expect(readConfig(bytes)).toEqual(config)
      }),
    )
  })

  it('a hop is read as it was written', () => {
    fc.assert(
      fc.property(fc.record({ address: word(), isMember: fc.boolean() }), hop => {
        const bytes = Buffer.alloc(VALUE_BYTES.hop)
        writeHop(bytes, hop)
        expect(readHop(bytes)).toEqual(hop)
      }),
    )
  })

  it('a tree is read as it was written, up to its limit of children', () => {
    fc.assert(
      fc.property(word(), fc.array(word(), { maxLength: CHILDREN_MAX + 5 }), (parent, children) => {
        const bytes = Buffer.alloc(VALUE_BYTES.tree)
        writeTree(bytes, { parent, children })
        expect(readTree(bytes)).toEqual({ parent, children: children.slice(0, CHILDREN_MAX) })
      }),
    )
  })

  it('an answer is read as the program writes it', () => {
    const bytes = Buffer.from('0d0c0b0a0100020a8877665544332211', 'hex')
    expect(readAnswer(bytes)).toEqual({ nonce: 0x0a0b0c0d, address: 0x0a020001, at: 0x1122334455667788n })
  })

  it('the owner of an address is read as the program writes it', () => {
    const bytes = Buffer.from('0d0c0b0affffffff8877665544332211', 'hex')
    expect(readOwner(bytes)).toEqual({ peer: 0x0a0b0c0d, seenAt: 0x1122334455667788n })
  })

  it('counts of all processors are added up', () => {
    const bytes = Buffer.alloc(2 * VALUE_BYTES.traffic)
    for (let i = 0; i < 8; i++) bytes.writeBigUInt64LE(BigInt(10 ** i), i * 8)
    const traffic = { framesSent: 10001, bytesSent: 100010, framesReceived: 1000100, bytesReceived: 10001000 }
    expect(readTraffic(bytes)).toEqual(traffic)
    expect(readLoad(bytes.subarray(0, 2 * VALUE_BYTES.load))).toEqual({ frames: 101, bytes: 1010 })
    expect(readCounter(bytes)).toBe(11111111)
  })

  it.each([
    ['0\n', 1],
    ['0-3\n', 4],
    ['0-3,8-11\n', 12],
  ])('processors are counted in %j', (list, count) => {
    expect(countCpus(list)).toBe(count)
  })
})

describe('the layout in C', () => {
  it('has the counters in the same order', () => {
    const names = /enum counter \{([^}]+)\}/
      .exec(HEADER)?.[1]
      ?.split(',')
      .map(name => name.trim())
    const camel = (name: string) => name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
    expect(names?.filter(name => name !== '' && name !== 'COUNTERS').map(camel)).toEqual([...COUNTER_NAMES])
  })

  it('has the same limits', () => {
    expect(HEADER).toContain(`#define CHILDREN_MAX ${CHILDREN_MAX}\n`)
    expect(HEADER).toContain(`#define PEERS ${PEERS_MAX} `)
    expect(HEADER).toContain(`#define MACS_MAX ${MACS_MAX}\n`)
    expect(HEADER).toContain(`#define SLEEVE ${SLEEVE}\n`)
  })

  it('has the same handles', () => {
    expect(HEADER).toContain(`#define HANDLE_NETWORK 0x${HANDLE_NETWORK.toString(16)}\n`)
    expect(HEADER).toContain('#define HANDLE_MASK 0xff000000\n')
  })
})
