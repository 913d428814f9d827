import { type Libc, loadLibc } from '../../../../src/agent/linux/libc.ts'
import { askAttribute, askNetlink, attribute, text, word } from '../../../../src/agent/linux/netlink.ts'
import { end, kernelThatAnswers, message } from './kernel-that-answers.ts'

const ASKED = { protocol: 16, type: 7, headBytes: 4, attribute: 2 }
const HEAD = Buffer.alloc(ASKED.headBytes)
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

describe('a refusal', () => {
  const request = { type: 16, flags: 4, body: Buffer.alloc(16) }
  const NLM_F_ACK_TLVS = 0x200

  it('carries the words of the kernel', () => {
    const refusal = end(EINVAL, NLM_F_ACK_TLVS, Buffer.alloc(16), attribute(1, text('mtu greater than device maximum')))
    const ask = () => askNetlink(kernelThatAnswers(refusal), request, 'change a device')
    expect(ask).toThrow(/^change a device: EINVAL \(mtu greater than device maximum\)$/)
  })

  it('of an old kernel brings the request back, which is not for reading', () => {
    const refusal = end(EINVAL, 0, Buffer.alloc(16), attribute(1, text('of the request')))
    expect(() => askNetlink(kernelThatAnswers(refusal), request, 'change a device')).toThrow(
      /^change a device: EINVAL$/,
    )
  })
})

function ask(kernel: Libc): Buffer | undefined {
  return askAttribute(kernel, ASKED, 'ask for a number')
}
