import { scryptSync } from 'node:crypto'

/** 32 MiB and three passes, as OWASP’s cheat sheet on password storage has it for scrypt (RFC 7914). */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 }
const SECRET_BYTES = 32

/**
 * The same for all hosts, because nothing is known of a host in front of the exchange. A table of stretched passwords helps nobody:
 * there is nothing to look up in it, for the exchange gives away no function of the password.
 */
const SALT = 'weave password v1'

/** What stands for a password in the exchange; takes a fraction of a second on purpose, so do it once a password. */
export function stretchPassword(password: string): Uint8Array {
  return new Uint8Array(scryptSync(password.normalize('NFC'), SALT, SECRET_BYTES, COST))
}
