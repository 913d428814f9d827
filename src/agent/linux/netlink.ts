import { allocatePinned, type Libc } from './libc.ts'
import { SystemCallError } from './system-call-error.ts'

const AF_NETLINK = 16
const SOCK_RAW = 3
const SOCK_CLOEXEC = 0x80000
const NETLINK_ROUTE = 0
export const NETLINK_NETFILTER = 12
export const NETLINK_GENERIC = 16
const NLA_F_NESTED = 0x8000
const HEADER_BYTES = 16
const RECEIVE_BYTES = 64 * 1024
const SHORT_ANSWER_BYTES_MAX = 4096
/** Options of `SOL_NETLINK` (netlink(7)): words with an error, and the request not sent back with it. */
const SOL_NETLINK = 270
const NETLINK_CAP_ACK = 10
const NETLINK_EXT_ACK = 11
/** `struct nlmsgerr` without the rest of the request: errno, and the request's header. */
const ERROR_BYTES = 4 + HEADER_BYTES
const NLMSGERR_ATTR_MSG = 1
const NLM_F_ACK_TLVS = 0x200
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const NLM_F_REQUEST = 1
export const NLM_F_ACK = 4
export const NLM_F_CREATE = 0x400
export const NLM_F_EXCL = 0x200
export const NLM_F_DUMP = 0x300

export interface NetlinkRequest {
  readonly type: number
  readonly flags: number
  readonly body: Uint8Array
  /** Whom to ask; rtnetlink when left out. */
  readonly protocol?: number
  /** What is answered at once has room in so many. */
  readonly answerBytesMax?: number
}

/** A question that is only a head of zeros, to which the kernel answers a head of that size with attributes behind it. */
export interface AttributeRequest {
  readonly protocol: number
  readonly type: number
  readonly headBytes: number
  readonly attribute: number
}

/**
 * Asks the kernel by netlink(7) and gives the bodies of its answers. Blocks until it has answered, which takes microseconds. Throws
 * a `SystemCallError` that says what was attempted.
 */
export function askNetlink(libc: Libc, request: NetlinkRequest, attempted: string): readonly Buffer[] {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, request.protocol ?? NETLINK_ROUTE)
  if (fd < 0) throw new SystemCallError('open a netlink socket', libc.errorName())
  try {
    const one = allocatePinned(4)
    one.bytes.writeUInt32LE(1)
    // A kernel without them says less.
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) libc.setsockopt(fd, SOL_NETLINK, option, one.address, 4)
    const message = allocatePinned(HEADER_BYTES + request.body.length)
    message.bytes.writeUInt32LE(message.bytes.length, 0)
    message.bytes.writeUInt16LE(request.type, 4)
    message.bytes.writeUInt16LE(request.flags | NLM_F_REQUEST, 6)
    message.bytes.set(request.body, HEADER_BYTES)
    const sent = libc.sendto(fd, message.address, message.bytes.length, 0, 0, 0)
    if (sent < 0) throw new SystemCallError(attempted, libc.errorName())
    return receive(libc, fd, { attempted, bytesMax: request.answerBytesMax ?? RECEIVE_BYTES })
  } finally {
    libc.close(fd)
  }
}

/** One attribute of the kernel's answer; undefined where it has no such attribute, or no answer to such a question. */
export function askAttribute(libc: Libc, asked: AttributeRequest, attempted: string): Buffer | undefined {
  const { protocol, type, headBytes } = asked
  const body = new Uint8Array(headBytes)
  const request = { protocol, type, flags: NLM_F_ACK, body, answerBytesMax: SHORT_ANSWER_BYTES_MAX }
  try {
    const [answer] = askNetlink(libc, request, attempted)
    return answer && readAttributes(answer.subarray(headBytes)).get(asked.attribute)
  } catch (cause) {
    if (cause instanceof SystemCallError) return undefined
    throw cause
  }
}

/** An attribute: `struct rtattr`, padded to four bytes. */
export function attribute(type: number, content: Uint8Array): Buffer {
  const bytes = Buffer.alloc((4 + content.length + 3) & ~3)
  bytes.writeUInt16LE(4 + content.length, 0)
  bytes.writeUInt16LE(type, 2)
  bytes.set(content, 4)
  return bytes
}

/** An attribute's content: 32 bits in the order of the machine. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** An attribute's content: 8 bits. */
export function byte(value: number): Buffer {
  return Buffer.of(value)
}

/** An attribute's content: a text with its zero byte. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`)
}

/** A content of that kind; undefined where there is none. */
export function textOf(content: Buffer | undefined): string | undefined {
  return content?.toString('latin1').replace(/\0.*$/, '')
}

/** An attribute that holds others. */
export function nested(type: number, attributes: readonly Buffer[]): Buffer {
  return attribute(type | NLA_F_NESTED, Buffer.concat(attributes))
}

/** Attributes by type; of several of one type the last. */
export function readAttributes(bytes: Buffer): ReadonlyMap<number, Buffer> {
  return new Map(listAttributes(bytes))
}

/** All attributes in order, as types and contents: in a list they may have one type. */
export function listAttributes(bytes: Buffer): readonly (readonly [number, Buffer])[] {
  const found: (readonly [number, Buffer])[] = []
  let at = 0
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16LE(at)
    if (length < 4) break
    found.push([bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length)])
    at += (length + 3) & ~3
  }
  return found
}

interface Receiving {
  readonly attempted: string
  readonly bytesMax: number
}

function receive(libc: Libc, fd: number, { attempted, bytesMax }: Receiving): readonly Buffer[] {
  const memory = allocatePinned(bytesMax)
  const answers: Buffer[] = []
  for (;;) {
    const length = libc.read(fd, memory.address, bytesMax)
    if (length < 0) throw new SystemCallError(attempted, libc.errorName())
    let at = 0
    while (at + HEADER_BYTES <= length) {
      const size = memory.bytes.readUInt32LE(at)
      const type = memory.bytes.readUInt16LE(at + 4)
      const body = memory.bytes.subarray(at + HEADER_BYTES, at + size)
      if (type === NLMSG_DONE) return answers
      if (type === NLMSG_ERROR) {
        const hasWords = (memory.bytes.readUInt16LE(at + 6) & NLM_F_ACK_TLVS) !== 0
        return endOf(libc, hasWords ? body : body.subarray(0, ERROR_BYTES), attempted) ?? answers
      }
      answers.push(Buffer.from(body))
      at += (size + 3) & ~3
    }
  }
}

/** `struct nlmsgerr`: zero is the acknowledgement. */
function endOf(libc: Libc, body: Buffer, attempted: string): undefined {
  const error = -body.readInt32LE(0)
  const said = textOf(readAttributes(body.subarray(ERROR_BYTES)).get(NLMSGERR_ATTR_MSG))
  if (error !== 0) throw new SystemCallError(attempted, libc.nameOfError(error), said)
  return undefined
}
