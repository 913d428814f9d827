import { type BpfProgram, bindMaps } from '../../../src/agent/linux/bpf/bpf-object.ts'

/** Opcodes of the instruction set (RFC 9669). */
const OP = {
  setTo: 0xb7,
  copy: 0xbf,
  add: 0x07,
  addRegister: 0x0f,
  and: 0x57,
  shiftLeft: 0x67,
  wideImmediate: 0x18,
  load32: 0x61,
  load64: 0x79,
  store32: 0x63,
  jumpIfEqual: 0x15,
  call: 0x85,
  exit: 0x95,
} as const
const INSTRUCTION_BYTES = 8
/** In the place of a register: a wide immediate is a map's value, a call is one to another instruction. */
const MAP_VALUE = 2
const LOCAL_CALL = 1
/** Helpers of the kernel: linux/bpf.h. */
const HELPER = { now: 5, cloneRedirect: 13, getTunnelKey: 20, setTunnelKey: 21, redirect: 23 } as const
const MARK_OF_FRAME = 8
const IPV6_KEY = 1
const TC_ACT_REDIRECT = 7
export const TUNNEL_KEY_BYTES = 44

/** What the program that watches and the one that tests tell each other: the only value of a map. */
export const WATCH = {
  now: 0,
  device: 8,
  flags: 12,
  redirects: 16,
  clones: 20,
  /** 0: the frame came by no tunnel. */
  family: 24,
  refusal: 28,
  keyFlags: 32,
  /** A `SENT`: how the frame is when the program has ended. */
  left: 64,
  key: 128,
  /** A `SENT` for each. */
  firstClone: 192,
  bytes: 192 + 512 * 64,
} as const
export const CLONES_MAX = 512
export const SENT = { device: 0, flags: 4, mark: 8, family: 12, key: 16, bytes: 64 } as const
const SENT_SHIFT = 6

/** By the names of the helpers that they stand for. */
const DOUBLES = { now, redirect, cloneRedirect } as const

type Instruction = readonly [op: number, to?: number, from?: number, at?: number, value?: number]
/** `call`: a local call of what has that name. */
type Line = Instruction | { readonly call: string }

/**
 * The program as it was compiled, but for where it asks the kernel for the time, or to send a frame: those calls go to doubles that
 * take the time from a map and note there what would be sent, to which end of which tunnel. Before it runs, the frame gets the tunnel
 * key that is in the map, as if it had come by VXLAN.
 */
export function watch(program: BpfProgram, fds: ReadonlyMap<string, number>, watchMap: number): Buffer {
  const code = bindMaps(program, fds)
  const watched = { code, calls: callsToDoubles(code) }
  const called = new Set(watched.calls.map(({ name }) => name))
  const doubles = Object.entries(DOUBLES).filter(([name]) => called.has(name))
  return link({
    main: assemble(main(watchMap)),
    watched,
    note: assemble(NOTE),
    ...Object.fromEntries(doubles.map(([name, lines]) => [name, assemble(lines(watchMap))])),
  })
}

interface Call {
  readonly at: number
  readonly name: string
}

interface Part {
  readonly code: Buffer
  readonly calls: readonly Call[]
}

/** Where the program calls a helper that has a double, which is called instead. */
function callsToDoubles(code: Buffer): readonly Call[] {
  const names = new Map<number, string>(Object.keys(DOUBLES).map(name => [HELPER[name as keyof typeof DOUBLES], name]))
  const calls: Call[] = []
  for (let at = 0; at < code.length; at += INSTRUCTION_BYTES) {
    const isCall = code[at] === OP.call && code[at + 1] === 0
    const name = isCall ? names.get(code.readInt32LE(at + 4)) : undefined
    if (name !== undefined) calls.push({ at, name })
  }
  return calls
}

/** One behind the other; the first is where it begins. */
function link(parts: Readonly<Record<string, Part>>): Buffer {
  const whole = Buffer.concat(Object.values(parts).map(({ code }) => code))
  const starts = new Map<string, number>()
  let length = 0
  for (const [name, { code }] of Object.entries(parts)) {
    starts.set(name, length)
    length += code.length
  }
  for (const [part, { calls }] of Object.entries(parts)) {
    for (const { at, name } of calls) {
      const from = (starts.get(part) ?? 0) + at
      whole[from + 1] = LOCAL_CALL << 4
      whole.writeInt32LE(((starts.get(name) ?? 0) - from) / INSTRUCTION_BYTES - 1, from + 4)
    }
  }
  return whole
}

/** Registers 1 to 5 are arguments, 0 is the result, 6 to 9 survive calls. */
function main(map: number): readonly Line[] {
  return [
    [OP.copy, 6, 1],
    ...pointer(7, map),
    [OP.load32, 1, 7, WATCH.family],
    [OP.jumpIfEqual, 1, 0, 7, 0],
    [OP.copy, 1, 6],
    [OP.copy, 2, 7],
    [OP.add, 2, 0, 0, WATCH.key],
    [OP.setTo, 3, 0, 0, TUNNEL_KEY_BYTES],
    [OP.load64, 4, 7, WATCH.keyFlags],
    [OP.call, 0, 0, 0, HELPER.setTunnelKey],
    [OP.store32, 7, 0, WATCH.refusal],
    [OP.copy, 1, 6],
    { call: 'watched' },
    [OP.copy, 8, 0],
    [OP.copy, 1, 6],
    [OP.copy, 2, 7],
    [OP.add, 2, 0, 0, WATCH.left],
    { call: 'note' },
    [OP.copy, 0, 8],
    [OP.exit],
  ]
}

/** `note(frame, sent)`: its mark, and its tunnel key of whichever family. */
const NOTE: readonly Line[] = [
  [OP.copy, 6, 1],
  [OP.copy, 7, 2],
  [OP.load32, 1, 6, MARK_OF_FRAME],
  [OP.store32, 7, 1, SENT.mark],
  [OP.setTo, 8, 0, 0, 4],
  ...getTunnelKey(0),
  [OP.jumpIfEqual, 0, 0, 9, 0],
  [OP.setTo, 8, 0, 0, 6],
  ...getTunnelKey(IPV6_KEY),
  [OP.jumpIfEqual, 0, 0, 1, 0],
  [OP.setTo, 8, 0, 0, 0],
  [OP.store32, 7, 8, SENT.family],
  [OP.setTo, 0, 0, 0, 0],
  [OP.exit],
]

function getTunnelKey(flags: number): readonly Line[] {
  return [
    [OP.copy, 1, 6],
    [OP.copy, 2, 7],
    [OP.add, 2, 0, 0, SENT.key],
    [OP.setTo, 3, 0, 0, TUNNEL_KEY_BYTES],
    [OP.setTo, 4, 0, 0, flags],
    [OP.call, 0, 0, 0, HELPER.getTunnelKey],
  ]
}

function now(map: number): readonly Line[] {
  return [...pointer(1, map), [OP.load64, 0, 1, WATCH.now], [OP.exit]]
}

/** `redirect(device, flags)`. */
function redirect(map: number): readonly Line[] {
  return [
    ...pointer(3, map),
    [OP.store32, 3, 1, WATCH.device],
    [OP.store32, 3, 2, WATCH.flags],
    [OP.load32, 4, 3, WATCH.redirects],
    [OP.add, 4, 0, 0, 1],
    [OP.store32, 3, 4, WATCH.redirects],
    [OP.setTo, 0, 0, 0, TC_ACT_REDIRECT],
    [OP.exit],
  ]
}

/** `cloneRedirect(frame, device, flags)`. */
function cloneRedirect(map: number): readonly Line[] {
  return [
    ...pointer(4, map),
    [OP.load32, 5, 4, WATCH.clones],
    [OP.copy, 0, 5],
    [OP.add, 0, 0, 0, 1],
    [OP.store32, 4, 0, WATCH.clones],
    [OP.and, 5, 0, 0, CLONES_MAX - 1],
    [OP.shiftLeft, 5, 0, 0, SENT_SHIFT],
    [OP.addRegister, 4, 5],
    [OP.add, 4, 0, 0, WATCH.firstClone],
    [OP.store32, 4, 2, SENT.device],
    [OP.store32, 4, 3, SENT.flags],
    [OP.copy, 2, 4],
    { call: 'note' },
    [OP.setTo, 0, 0, 0, 0],
    [OP.exit],
  ]
}

/** To the map's value; two instructions long. */
function pointer(to: number, map: number): readonly Line[] {
  return [
    [OP.wideImmediate, to, MAP_VALUE, 0, map],
    [0, 0, 0, 0, 0],
  ]
}

function assemble(lines: readonly Line[]): Part {
  const calls = lines.flatMap((line, i) => ('call' in line ? [{ at: i * INSTRUCTION_BYTES, name: line.call }] : []))
  return { code: Buffer.concat(lines.map(line => encode('call' in line ? [OP.call] : line))), calls }
}

function encode([op, to = 0, from = 0, at = 0, value = 0]: Instruction): Buffer {
  const bytes = Buffer.alloc(INSTRUCTION_BYTES)
  bytes[0] = op
  bytes[1] = (from << 4) | to
  bytes.writeInt16LE(at, 2)
  bytes.writeInt32LE(value, 4)
  return bytes
}
