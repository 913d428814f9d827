import { attribute, nested, text } from '../../../../src/agent/linux/netlink.ts'
import { hasJump, type Jump } from '../../../../src/agent/linux/rule-jumps.ts'
import { end, kernelThatAnswers, message } from './kernel-that-answers.ts'

const NEW_RULE = 0x0a06
const EPERM = 1
const FORWARD = { program: 'iptables', table: 'filter', from: 'FORWARD', chain: 'WEAVE-EXPOSE' } as const
const INPUT = { program: 'iptables', table: 'filter', from: 'INPUT', chain: 'WEAVE-INPUT' } as const
const JUMP = -3
const GOTO = -4
const COUNTER = expression('counter')
const TO_OURS = verdict(JUMP, 'WEAVE-EXPOSE')

/** As Linux 6.18 lists them, of iptables 1.8.9. */
const LISTED = {
  '-A FORWARD -j WEAVE-EXPOSE': `
    0200000d 0b000100 66696c74 65720000 0c000200 464f5257 41524400 0c000300 00000000 00000004 74000400 2c000100 0c000100 636f756e
    74657200 1c000200 0c000100 00000000 00000000 0c000200 00000000 00000000 44000100 0e000100 696d6d65 64696174 65000000 30000200
    08000100 00000000 24000200 20000200 08000100 fffffffd 11000200 57454156 452d4558 504f5345 00000000`,
  '-A INPUT -i lo -j WEAVE-INPUT': `
    0200000d 0b000100 66696c74 65720000 0a000200 494e5055 54000000 0c000300 00000000 00000006 c0000400 24000100 09000100 6d657461
    00000000 14000200 08000200 00000006 08000100 00000001 2c000100 08000100 636d7000 20000200 08000100 00000001 08000200 00000000
    0c000300 07000100 6c6f0000 2c000100 0c000100 636f756e 74657200 1c000200 0c000100 00000000 00000000 0c000200 00000000 00000000
    40000100 0e000100 696d6d65 64696174 65000000 2c000200 08000100 00000000 20000200 1c000200 08000100 fffffffd 10000200 57454156
    452d494e 50555400`,
  '-A INPUT -g WEAVE-INPUT': `
    0200000d 0b000100 66696c74 65720000 0a000200 494e5055 54000000 0c000300 00000000 00000008 0c000600 00000000 00000007 70000400
    2c000100 0c000100 636f756e 74657200 1c000200 0c000100 00000000 00000000 0c000200 00000000 00000000 40000100 0e000100 696d6d65
    64696174 65000000 2c000200 08000100 00000000 20000200 1c000200 08000100 fffffffc 10000200 57454156 452d494e 50555400`,
}

describe('a jump of iptables', () => {
  it.each([
    ['-A FORWARD -j WEAVE-EXPOSE', FORWARD, true],
    ['-A INPUT -i lo -j WEAVE-INPUT', INPUT, false],
    ['-A INPUT -g WEAVE-INPUT', INPUT, false],
  ] as const)('is told from others in what the kernel lists: %s', (rule, jump, expected) => {
    expect(isFound([listed(rule)], jump)).toBe(expected)
  })

  it('of IPv6 is found likewise', () => {
    expect(isFound([rule({ family: 10 })], { ...FORWARD, program: 'ip6tables' })).toBe(true)
  })

  it('is found among other rules of its chain', () => {
    const others = [rule({ expressions: [verdict(JUMP, 'OTHERS')] }), rule({ expressions: [] })]
    expect(isFound([...others, rule(), ...others])).toBe(true)
    expect(isFound(others)).toBe(false)
  })

  it.each([
    ['with a counter or without', { expressions: [TO_OURS] }, true],
    ['to its chain', { expressions: [COUNTER, verdict(JUMP, 'WEAVE-EXPOSE-2')] }, false],
    ['that comes back', { expressions: [COUNTER, verdict(GOTO, 'WEAVE-EXPOSE')] }, false],
    ['without a condition', { expressions: [expression('match'), COUNTER, TO_OURS] }, false],
    ['that is one', { expressions: [COUNTER, expression('immediate')] }, false],
    ['that is of an expression that jumps', { expressions: [expression('vmap', dataOf(JUMP, 'WEAVE-EXPOSE'))] }, false],
    ['from its chain', { from: 'INPUT' }, false],
    ['of its table', { table: 'nat' }, false],
    ['of its family', { family: 10 }, false],
  ] as const)('is one %s', (_, parts, expected) => {
    expect(isFound([rule(parts)])).toBe(expected)
  })

  it('is not sure to be there where the kernel does not say, or stops saying', () => {
    expect(hasJump(kernelThatAnswers(end(EPERM)), FORWARD, () => true)).toBe(false)
    expect(hasJump(kernelThatAnswers(message(NEW_RULE, rule()), end(EPERM)), FORWARD, () => true)).toBe(false)
  })

  it('is not asked for where the host’s iptables writes other tables', () => {
    const asked: string[] = []
    const isNftables = (program: string) => {
      asked.push(program)
      return false
    }
    const kernel = kernelThatAnswers(message(NEW_RULE, rule()), end(0))
    expect([hasJump(kernel, { ...FORWARD, program: 'ip6tables' }, isNftables), asked]).toEqual([false, ['ip6tables']])
    expect(hasJump(kernel, FORWARD, () => true)).toBe(true)
  })

  it('is not there in an answer that was cut short', () => {
    const whole = listed('-A FORWARD -j WEAVE-EXPOSE')
    // The last three bytes only fill up a word.
    for (let length = 0; length < whole.length - 3; length++) {
      expect([length, isFound([whole.subarray(0, length)])]).toEqual([length, false])
    }
  })

  it('is not there in an answer in which a length is wrong, and no such answer is an error', () => {
    const whole = listed('-A FORWARD -j WEAVE-EXPOSE')
    for (let at = 4; at < whole.length; at += 2) {
      for (const length of [0, 1, 4, 5, 0xff, 0xffff]) {
        const changed = Buffer.from(whole)
        changed.writeUInt16LE(length, at)
        expect(() => isFound([changed])).not.toThrow()
      }
    }
    const expressionsAt = whole.indexOf('counter') - 12
    for (const length of [0, 3, 4, 0x20]) {
      whole.writeUInt16LE(length, expressionsAt)
      expect([length, isFound([whole])]).toEqual([length, false])
    }
    expect(isFound([Buffer.alloc(64), Buffer.alloc(64, 0xff), Buffer.alloc(0)])).toBe(false)
  })
})

function isFound(rules: readonly Buffer[], jump: Jump = FORWARD): boolean {
  // The next one begins at a whole word.
  const messages = rules.map(body => Buffer.concat([message(NEW_RULE, body), Buffer.alloc(-body.length & 3)]))
  return hasJump(kernelThatAnswers(...messages, end(0)), jump, () => true)
}

function listed(name: keyof typeof LISTED): Buffer {
  return Buffer.from(LISTED[name].replace(/\s/g, ''), 'hex')
}

interface Parts {
  readonly family?: number
  readonly table?: string
  readonly from?: string
  readonly expressions?: readonly Buffer[]
}

/** The answer to which one is looked for, but for some of its parts. */
function rule({
  family = 2,
  table = 'filter',
  from = 'FORWARD',
  expressions = [COUNTER, TO_OURS],
}: Parts = {}): Buffer {
  const names = [attribute(1, text(table)), attribute(2, text(from))]
  return Buffer.concat([Buffer.of(family, 0, 0, 0), ...names, nested(4, expressions)])
}

function verdict(code: number, chain: string): Buffer {
  return expression('immediate', dataOf(code, chain))
}

function expression(name: string, data: Buffer = Buffer.alloc(0)): Buffer {
  return nested(1, [attribute(1, text(name)), nested(2, [data])])
}

function dataOf(code: number, chain: string): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(code)
  return nested(2, [nested(2, [attribute(1, bytes), attribute(2, text(chain))])])
}
