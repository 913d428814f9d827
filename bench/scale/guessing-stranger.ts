/**
 * A stranger who opens one connection to a router that has a password, and sends guesses for as long as it is answered. Prints how many
 * were tested. Arguments: address, port.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { ensureIdentity } from '../../src/agent/host/identity.ts'
import {
  DiallingExchange,
  EXPORTER_LABEL,
  REPLY_BYTES,
  SESSION_ID_BYTES,
} from '../../src/agent/password/password-exchange.ts'
import { shownKeyOf } from '../../src/agent/transport/credentials.ts'
import { readExactly } from '../../src/agent/transport/read-exactly.ts'
import { selfSign } from '../../src/agent/transport/self-signed.ts'

const GUESSES_MAX = 100
const ANSWER_TIMEOUT_MS = 5000
const PROOF_AT = REPLY_BYTES - 16
const [host = '', port = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'weave-stranger-'))
const identity = ensureIdentity(join(folder, 'identity.pem'))
rmSync(folder, { recursive: true })
const credentials = { key: identity.privateKeyPem, cert: selfSign(identity), rejectUnauthorized: false }
const socket = connect({ host, port: Number(port), ...credentials, checkServerIdentity: () => undefined })
socket.on('error', () => undefined)
await new Promise(resolve => socket.once('secureConnect', resolve))

const sessionId = socket.exportKeyingMaterial(SESSION_ID_BYTES, EXPORTER_LABEL, Buffer.alloc(0))
const acceptorKey = shownKeyOf(socket.getPeerX509Certificate())
if (acceptorKey === undefined) throw new Error('the router shows no key')
const keys = { sessionId, diallerKey: identity.publicKey, acceptorKey }
let tested = 0
while (tested < GUESSES_MAX && (await isTested())) tested++
console.log(tested)
process.exit()

/** A reply that proves something tells whether the guess was right. */
async function isTested(): Promise<boolean> {
  const { opening } = new DiallingExchange({ secrets: [new Uint8Array(randomBytes(32))], ...keys })
  if (socket.writable) socket.write(opening)
  const reply = await readExactly(socket, REPLY_BYTES, ANSWER_TIMEOUT_MS)
  return reply?.subarray(PROOF_AT).some(byte => byte !== 0) === true
}
