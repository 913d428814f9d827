import { writeSync } from 'node:fs'
import { allocatePinned, type Libc, loadLibc } from '../../../../src/agent/linux/libc.ts'
import { askAttribute, attribute, word } from '../../../../src/agent/linux/netlink.ts'

const ASKED = { protocol: 16, type: 7, headBytes: 4, attribute: 2 }
const HEAD = Buffer.alloc(ASKED.headBytes)
const NLMSG_ERROR = 2
const EINVAL = 22
const libc = loadLibc()

describe('one attribute of an answer', () => {
  it('is found behind the head, among others', () => {
    const answer = message(9, HEAD, attribute(1, word(5)), attribute(2, word(6)))
    expect(ask(kernelThatAnswers(answer, end(0)))).toEqual(word(6))
  })

  it.each([
    ['the answer has none of its type', [message(9, HEAD, attribute(1, word(5))), end(0)]],
    ['the kernel only acknowledges', [end(0)]],
    ['the kernel does not know the question', [end(EINVAL)]],
  ])('is undefined when %s', (_, answers) => {
    expect(ask(kernelThatAnswers(...answers))).toBeUndefined()
  })

  it('is undefined when the kernel has no such protocol', () => {
    expect(ask({ ...libc, socket: () => -1, errorName: () => 'EPROTONOSUPPORT' })).toBeUndefined()
  })
})

function ask(kernel: Libc): Buffer | undefined {
  return askAttribute(kernel, ASKED, 'ask for a number')
}

/** The far end of a socket pair stands for the kernel: it has answered before it is asked. */
function kernelThatAnswers(...answers: readonly Buffer[]): Libc {
  const [own, far] = socketPair()
  writeSync(far, Buffer.concat(answers))
  libc.close(far)
  return { ...libc, socket: () => own, sendto: (_fd, _message, length) => length }
}

function socketPair(): readonly [number, number] {
  const AF_UNIX = 1
  const SOCK_SEQPACKET = 5
  const fds = allocatePinned(8)
  expect(libc.socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds.address)).toBe(0)
  return [fds.bytes.readInt32LE(0), fds.bytes.readInt32LE(4)]
}

function message(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(16)
  head.writeUInt32LE(head.length + body.length, 0)
  head.writeUInt16LE(type, 4)
  return Buffer.concat([head, body])
}

/** The last message: an acknowledgement, or why the question was refused. */
function end(errno: number): Buffer {
  const code = Buffer.alloc(4)
  code.writeInt32LE(-errno)
  return message(NLMSG_ERROR, code)
}
