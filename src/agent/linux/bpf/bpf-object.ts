import { assert } from '../../../base/assert.ts'

/** What the section `maps` says of a map: `struct map_definition` of bpf/fast-path.h. */
export interface MapDefinition {
  readonly name: string
  readonly type: number
  readonly keyBytes: number
  readonly valueBytes: number
  readonly entriesMax: number
  readonly flags: number
}

/** A program whose references to maps are still open. */
export interface BpfProgram {
  readonly name: string
  readonly instructions: Uint8Array
  readonly relocations: readonly { readonly at: number; readonly map: string }[]
}

export interface BpfObject {
  readonly license: string
  readonly maps: readonly MapDefinition[]
  readonly programs: readonly BpfProgram[]
}

interface Section {
  readonly name: string
  readonly type: number
  /** Of a relocation section: the index of what it relocates. */
  readonly target: number
  readonly bytes: Buffer
}

interface ObjectSymbol {
  readonly name: string
  readonly section: number
  readonly value: number
}

const SHT_SYMTAB = 2
const SHT_REL = 9
const EM_BPF = 247
const SYMBOL_BYTES = 24
const RELOCATION_BYTES = 16
const R_BPF_64_64 = 1
const DEFINITION_BYTES = 20
const PROGRAM_SECTION = /^tc\/(.+)$/

/**
 * Reads a relocatable BPF object (ELF-64, little-endian; instruction set as in Linux Documentation/bpf/standardization). It is one
 * that we ship, so anything unexpected in it is a bug: an assertion fails.
 */
export function parseBpfObject(bytes: Buffer): BpfObject {
  assert(bytes.toString('latin1', 0, 4) === '\x7fELF' && bytes[4] === 2 && bytes[5] === 1, 'an ELF-64 object')
  assert(bytes.readUInt16LE(18) === EM_BPF, 'an object for BPF')
  const sections = readSections(bytes)
  const symbols = readSymbols(sections)
  const text = (name: string) => sections.find(section => section.name === name)?.bytes ?? Buffer.alloc(0)
  return {
    license: cString(text('license'), 0),
    maps: readMaps(sections, symbols),
    programs: sections.flatMap((section, index) => {
      const name = PROGRAM_SECTION.exec(section.name)?.[1]
      const isProgram = name !== undefined && section.type !== SHT_REL
      const relocations = sections.find(({ type, target }) => type === SHT_REL && target === index)?.bytes
      return isProgram
        ? [{ name, instructions: section.bytes, relocations: readRelocations(relocations, symbols) }]
        : []
    }),
  }
}

/** The program's instructions with the file descriptors of its maps in place (`BPF_PSEUDO_MAP_FD`). */
export function bindMaps(program: BpfProgram, fds: ReadonlyMap<string, number>): Buffer {
  const instructions = Buffer.from(program.instructions)
  for (const { at, map } of program.relocations) {
    const fd = fds.get(map)
    assert(fd !== undefined, `the program ${program.name} refers to a map that the object defines`)
    instructions[at + 1] = ((instructions[at + 1] ?? 0) & 0x0f) | 0x10
    instructions.writeInt32LE(fd, at + 4)
  }
  return instructions
}

function readSections(bytes: Buffer): readonly Section[] {
  const [offset, size, count] = [Number(bytes.readBigUInt64LE(40)), bytes.readUInt16LE(58), bytes.readUInt16LE(60)]
  const headers = Array.from({ length: count }, (_, i) => bytes.subarray(offset + i * size, offset + (i + 1) * size))
  const contents = headers.map(header => {
    const at = Number(header.readBigUInt64LE(24))
    return bytes.subarray(at, at + Number(header.readBigUInt64LE(32)))
  })
  const names = contents[bytes.readUInt16LE(62)] ?? Buffer.alloc(0)
  return headers.map((header, i) => ({
    name: cString(names, header.readUInt32LE(0)),
    type: header.readUInt32LE(4),
    target: header.readUInt32LE(44),
    bytes: contents[i] ?? Buffer.alloc(0),
  }))
}

function readSymbols(sections: readonly Section[]): readonly ObjectSymbol[] {
  const table = sections.find(section => section.type === SHT_SYMTAB)?.bytes ?? Buffer.alloc(0)
  const names = sections.find(section => section.name === '.strtab')?.bytes ?? Buffer.alloc(0)
  return Array.from({ length: table.length / SYMBOL_BYTES }, (_, i) => ({
    name: cString(names, table.readUInt32LE(i * SYMBOL_BYTES)),
    section: table.readUInt16LE(i * SYMBOL_BYTES + 6),
    value: Number(table.readBigUInt64LE(i * SYMBOL_BYTES + 8)),
  }))
}

function readMaps(sections: readonly Section[], symbols: readonly ObjectSymbol[]): readonly MapDefinition[] {
  const index = sections.findIndex(section => section.name === 'maps')
  const bytes = sections[index]?.bytes ?? Buffer.alloc(0)
  const defined = symbols.filter(({ section, name }) => section === index && name !== '')
  assert(defined.length * DEFINITION_BYTES === bytes.length, 'each map definition has one symbol')
  return defined.map(({ name, value }) => {
    const word = (i: number) => bytes.readUInt32LE(value + i * 4)
    return { name, type: word(0), keyBytes: word(1), valueBytes: word(2), entriesMax: word(3), flags: word(4) }
  })
}

function readRelocations(bytes: Buffer | undefined, symbols: readonly ObjectSymbol[]): BpfProgram['relocations'] {
  if (bytes === undefined) return []
  return Array.from({ length: bytes.length / RELOCATION_BYTES }, (_, i) => {
    const at = i * RELOCATION_BYTES
    const symbol = symbols[bytes.readUInt32LE(at + 12)]
    assert(bytes.readUInt32LE(at + 8) === R_BPF_64_64 && symbol !== undefined, 'a relocation to a map')
    return { at: Number(bytes.readBigUInt64LE(at)), map: symbol.name }
  })
}

function cString(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, bytes.indexOf(0, at))
}
