import { mayHaveChain } from '../../../../src/agent/linux/rule-chains.ts'
import { end, kernelThatAnswers, message } from './kernel-that-answers.ts'

const ENOENT = 2
const EPERM = 1
const CHAIN = { program: 'iptables', table: 'filter', chain: 'WEAVE-EXPOSE' } as const
const ANSWER = message(0x0a03, Buffer.alloc(4))

describe('a chain of iptables', () => {
  it.each([
    ['that nftables has is there', [ANSWER, end(0)], [], true],
    ['that nobody has is not', [end(ENOENT)], [], false],
    ['may be among rules that are not nftables beneath', [end(ENOENT)], ['filter'], true],
    ['may be there where the kernel does not say', [end(EPERM)], [], true],
  ])('%s', (_, answers, oldTables, expected) => {
    expect(mayHaveChain(kernelThatAnswers(...answers), CHAIN, () => oldTables)).toBe(expected)
  })
})
