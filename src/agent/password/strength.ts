import { randomInt } from 'node:crypto'

/** Bits that a password should have: more than the guesses that the limits let through in a thousand years (Weave row SEC-05 asks 50). */
export const BITS_WANTED = 50

/** Without letters and digits that are taken for each other. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const GROUPS = 5
const GROUP_LETTERS = 5

/** The most usual ones, and what people make of this program's name. */
const COMMON = ['password', 'passwort', 'secret', 'weave', 'qwert', 'letmein', 'admin', 'welcome', 'docker', 'changeme']

/** 125 random bits, to be read out over a telephone. */
export function generatePassword(): string {
  const group = () => Array.from({ length: GROUP_LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return Array.from({ length: GROUPS }, group).join('-')
}

/** Why a password is weak; undefined when nothing speaks against it. An estimate from above: people choose worse than by lot. */
export function weaknessOf(password: string): string | undefined {
  const common = COMMON.find(word => password.toLowerCase().includes(word))
  if (common !== undefined) return `it contains '${common}', which guessers try first`
  if (new Set(password).size < 6) return 'it is made of a few characters only'
  if (isSequence(password)) return 'its characters follow each other on the keyboard or in the alphabet'
  const bits = Math.floor(password.length * Math.log2(alphabetOf(password)))
  if (bits >= BITS_WANTED) return undefined
  return `it has at most ${bits} bits; ${BITS_WANTED} are wanted`
}

function alphabetOf(password: string): number {
  const classes: readonly (readonly [RegExp, number])[] = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[^a-zA-Z0-9]/, 32],
  ]
  return classes.reduce((sum, [letters, count]) => sum + (letters.test(password) ? count : 0), 0)
}

function isSequence(password: string): boolean {
  let steps = 0
  for (let i = 1; i < password.length; i++) {
    if (Math.abs(password.charCodeAt(i) - password.charCodeAt(i - 1)) <= 1) steps++
  }
  return steps >= password.length * 0.7
}
