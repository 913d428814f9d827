import { generatePassword, weaknessOf } from '../../../../src/agent/password/strength.ts'
import { stretchPassword } from '../../../../src/agent/password/stretch.ts'

describe('a password', () => {
  it.each([
    ['weavepassword123456789', /contains 'password'/],
    ['aaaaaaaaaaaaaaaaaaaaaaaaa', /few characters/],
    ['abcdefghijklmnopqrst', /follow each other/],
    ['h7Kp2x9', /at most 41 bits/],
    ['', /few characters/],
  ])('%s is called weak', (password, why) => {
    expect(weaknessOf(password)).toMatch(why)
  })

  it.each(['wurst-kaese-szenario-nachtzug', 'x9K!vQ2#pL7m'])('%s is not', password => {
    expect(weaknessOf(password)).toBeUndefined()
  })

  it('that is generated is strong, and never the same', () => {
    const generated = Array.from({ length: 50 }, generatePassword)
    expect(new Set(generated).size).toBe(50)
    for (const password of generated) {
      expect(password).toMatch(/^([a-z2-9]{5}-){4}[a-z2-9]{5}$/)
      expect(weaknessOf(password)).toBeUndefined()
    }
  })

  it('is stretched alike everywhere, however its letters were composed', () => {
    const stretched = stretchPassword('K\u00e4se')
    expect(Buffer.from(stretched).equals(Buffer.from(stretchPassword('Ka\u0308se')))).toBe(true)
    expect(stretched).toHaveLength(32)
    expect(Buffer.from(stretched).equals(Buffer.from(stretchPassword('Kase')))).toBe(false)
  })
})
