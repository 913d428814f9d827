import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../host/atomic-file.ts'

/** In a container (Weave row PRX-02). */
export const WAIT_FOLDER = '/w'
export const WAIT_PROGRAM = `${WAIT_FOLDER}/w`

const BASE = 0x400000
const ELF_HEADER_BYTES = 64
const PROGRAM_HEADER_BYTES = 56

/**
 * The machine code of wait-program.s for x86-64, as `as` makes it: a container's image may hold no program at all, and hosts have
 * no compiler. A test assembles the source again.
 */
const CODE = Buffer.from(
  [
    '4889e5488d3d0c01000031f66a02580f0585c0783189c34883ec1089df4889e66a015a31c00f054189c4440fb62c2448',
    '83c41089df6a03580f054183fc0175064183fd317410488d3db900000031f66a23580f05ebad488b4d004c8d75104c8d',
    '7ccd10498b1e4885db0f848f0000004889df8a0748ffc73c2f747584c075f34c89fe488b3e4885ff74664883c608813f',
    '5041544875ec807f043d75e64c8d67054881ec002000004889e74c8dac2400100000418a042484c0740f49ffc43c3a74',
    '084c39ef73ecaaebe94189c0b02faa4889deac4c39ef7713aa84c075f54889e74c89f64c89fa6a3b580f054584c075b7',
    '4889df4c89f64c89fa6a3b580f056a7f5f6a3c580f050000000000000000404b4c00000000002f7379732f636c617373',
    '2f6e65742f65746877652f6361727269657200',
  ].join(''),
  'hex',
)

/** The host's folder that is mounted into containers. */
export function waitFolderOf(stateFolder: string): string {
  return join(stateFolder, 'wait')
}

/** Puts the program into that folder. May throw. */
export function installWaitProgram(folder: string): void {
  const file = join(folder, 'w')
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const program = waitProgram()
  if (!hasContent(file, program)) replaceFile(file, program, 0o755)
}

/** A static executable of one segment (System V ABI, chapters 4 and 5). */
export function waitProgram(): Buffer {
  const header = Buffer.alloc(ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES)
  const bytes = header.length + CODE.length
  header.write('\x7fELF', 'latin1')
  // 64 bits, little endian, version 1.
  header.set([2, 1, 1], 4)
  // An executable for x86-64, version 1.
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(62, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(BASE + header.length), 24)
  header.writeBigUInt64LE(BigInt(ELF_HEADER_BYTES), 32)
  header.writeUInt16LE(ELF_HEADER_BYTES, 52)
  header.writeUInt16LE(PROGRAM_HEADER_BYTES, 54)
  header.writeUInt16LE(1, 56)
  // One segment to load, readable and executable: the whole file.
  header.writeUInt32LE(1, 64)
  header.writeUInt32LE(5, 68)
  header.writeBigUInt64LE(BigInt(BASE), 80)
  header.writeBigUInt64LE(BigInt(BASE), 88)
  header.writeBigUInt64LE(BigInt(bytes), 96)
  header.writeBigUInt64LE(BigInt(bytes), 104)
  header.writeBigUInt64LE(0x1000n, 112)
  return Buffer.concat([header, CODE])
}

function hasContent(file: string, content: Buffer): boolean {
  try {
    return readFileSync(file).equals(content)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw cause
  }
}
