import { type Address, addressOf, allocatePinned, bindC, loadKoffi } from './libc.ts'

const PROT_READ = 1
const PROT_WRITE = 2
const PROT_EXEC = 4
const MAP_PRIVATE = 2
const MAP_ANONYMOUS = 32
const PAGE_BYTES = 4096
/** mmap(2) answers with that when it fails. */
const MAP_FAILED = 2 ** 64 - 1

/** `int f(void *)` of the System V ABI. */
export type MachineCode = (argument: Address) => number

/**
 * Makes a function of machine code, which stays as long as the process. Memory is writable first and executable then, as the engine
 * itself has it. Undefined where that is not allowed.
 */
export function loadMachineCode(code: Uint8Array): MachineCode | undefined {
  const koffi = loadKoffi()
  const library = koffi.load('libc.so.6')
  const place = bindC(library, 'mmap', 'ppliiil')(
    0,
    PAGE_BYTES,
    PROT_READ | PROT_WRITE,
    MAP_PRIVATE | MAP_ANONYMOUS,
    -1,
    0,
  )
  if (Number(place) >= MAP_FAILED) return undefined
  bindC(library, 'memcpy', 'pppl')(place, addressOf(code), code.length)
  if (bindC(library, 'mprotect', 'ipli')(place, PAGE_BYTES, PROT_READ | PROT_EXEC) !== 0) return undefined
  return koffi.decode(BigInt(place), koffi.proto('int', ['uint64_t'])) as MachineCode
}

/** Of a function that the program exports; zero when it does not. */
export function addressOfFunction(name: string): Address {
  const text = allocatePinned(name.length + 1)
  text.bytes.write(`${name}\0`)
  const RTLD_DEFAULT = 0
  return Number(bindC(loadKoffi().load('libc.so.6'), 'dlsym', 'ppp')(RTLD_DEFAULT, text.address))
}
