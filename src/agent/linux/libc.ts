import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'

/** An address in memory. As a number, passing one costs a fraction of what passing a Buffer costs. */
export type Address = number

/** The system calls that Node does not offer, by their names in C. Negative results are failures: ask `errno`. */
export interface Libc {
  open(path: Address, flags: number): number
  close(fd: number): number
  ioctl(fd: number, request: number, argument: Address): number
  read(fd: number, buffer: Address, length: number): number
  write(fd: number, buffer: Address, length: number): number
  poll(fds: Address, count: number, timeoutMs: number): number
  usleep(microseconds: number): number
  eventfd(initial: number, flags: number): number
  socket(domain: number, type: number, protocol: number): number
  socketpair(domain: number, type: number, protocol: number, fds: Address): number
  bind(fd: number, address: Address, length: number): number
  getsockname(fd: number, address: Address, length: Address): number
  connect(fd: number, address: Address, length: number): number
  setsockopt(fd: number, level: number, option: number, value: Address, length: number): number
  sendto(fd: number, buffer: Address, length: number, flags: number, to: Address, toLength: number): number
  sendmsg(fd: number, message: Address, flags: number): number
  recvmsg(fd: number, message: Address, flags: number): number
  madvise(start: Address, length: number, advice: number): number
  malloc_trim(kept: number): number
  /** Index of a network device of this namespace; 0 when there is none of that name. */
  if_nametoindex(name: Address): number
  /** For calls without a function of their own. */
  syscall(number: number, command: number, argument: Address, length: number): number
  /** Symbolic name of the last failure: `EAGAIN`. */
  errorName(): string
  nameOfError(errno: number): string
}

const POINTER = 'uint64_t'

/** Which parameters of each are `int` (i), `ssize_t` (s), pointer (p), `unsigned long` (l) or `void` (v); the first letter is the result. */
const SIGNATURES = {
  open: 'ipi',
  close: 'ii',
  ioctl: 'iilp',
  read: 'sips',
  write: 'sips',
  poll: 'ipli',
  usleep: 'ii',
  eventfd: 'iii',
  socket: 'iiii',
  socketpair: 'iiiip',
  bind: 'iipi',
  getsockname: 'iipp',
  connect: 'iipi',
  setsockopt: 'iiiipi',
  sendto: 'sipsipi',
  sendmsg: 'sipi',
  recvmsg: 'sipi',
  madvise: 'ipli',
  malloc_trim: 'il',
  if_nametoindex: 'ip',
  syscall: 'slipl',
} as const

const TYPES: Readonly<Record<string, string>> = { v: 'void', i: 'int', s: 'int64_t', p: POINTER, l: 'ulong' }

/** What koffi itself loads, after it has looked for the like on every platform and in the runtime; that costs more than all else that is done with it. */
const NATIVE_PART = `@koromix/koffi-${process.platform}-${process.arch}/${process.platform}_${process.arch}/koffi.node`
let koffi: typeof Koffi | undefined
let libc: Libc | undefined

/** Loaded on first use: most commands need no system call of their own, and must start fast. */
export function loadKoffi(): typeof Koffi {
  koffi ??= createRequire(import.meta.url)(NATIVE_PART) as typeof Koffi
  return koffi
}

/** The same for all that ask: to bind its functions takes memory that nothing gives back. */
export function loadLibc(): Libc {
  libc ??= bindLibc()
  return libc
}

function bindLibc(): Libc {
  const koffi = loadKoffi()
  const library = koffi.load('libc.so.6')
  const functions = Object.entries(SIGNATURES).map(([name, signature]) => [name, bindC(library, name, signature)])
  const names = new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value, name]))
  const nameOfError = (errno: number) => names.get(errno) ?? `errno ${errno}`
  const errorName = () => nameOfError(koffi.errno())
  return Object.freeze({ ...Object.fromEntries(functions), errorName, nameOfError }) as Libc
}

/** `signature`: letters as in `SIGNATURES`. Throws when the library lacks the function. */
export function bindC(library: Koffi.LibraryHandle, name: string, signature: string): (...values: unknown[]) => number {
  const [result = 'int', ...parameters] = [...signature].map(letter => TYPES[letter] ?? letter)
  return library.func(name, result, parameters) as unknown as (...values: unknown[]) => number
}

/** Memory that stays where it is as long as `bytes` is referenced. */
export interface PinnedBytes {
  readonly bytes: Buffer
  readonly address: Address
}

export function allocatePinned(length: number): PinnedBytes {
  const bytes = Buffer.from(new ArrayBuffer(length))
  return { bytes, address: addressOf(bytes) }
}

/** Index of a network device of this namespace; 0 when there is none of that name. */
export function deviceIndex(libc: Libc, device: string): number {
  const name = allocatePinned(32)
  name.bytes.write(`${device}\0`)
  return libc.if_nametoindex(name.address)
}

/** Holds as long as `bytes` is referenced: memory behind typed arrays does not move. */
export function addressOf(bytes: Uint8Array): Address {
  return Number(loadKoffi().address(bytes))
}

/** An address, or a number of 64 bits, as C has it. Hot path. */
export function writeAddress(bytes: Buffer, at: number, value: Address): void {
  bytes.writeUInt32LE(value % 0x1_0000_0000, at)
  bytes.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4)
}
