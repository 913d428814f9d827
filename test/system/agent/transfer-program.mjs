// Sends bytes that are compared at the other end. `serve ADDRESS` answers, `send ADDRESS` asks and says what came of it.
import { createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

const TCP_PORT = 7001
const UDP_PORT = 7002
const STREAM_BYTES = 24 * 1024 * 1024
const DATAGRAM_BYTES = [0, 1, 2, 21, 22, 63, 100, 511, 1000, 1347, 1348, 1349, 1400, 2720, 9000, 30_001, 60_000]
/** So many at once that they gather on their way, and are joined. */
const BURST = 100
const BURST_BYTES = 22
/** Of half a second each. */
const TRIES_MAX = 12

const [task, address] = process.argv.slice(2)
const family = address.includes(':') ? 'udp6' : 'udp4'
if (task === 'serve') await serve()
else await send()

/** Gives back what it gets: by TCP the digest, by UDP the bytes. */
async function serve() {
  const server = createServer({ allowHalfOpen: true }, async socket => socket.end((await digestOf(socket)).digest('hex')))
  const echo = createSocket(family)
  echo.on('message', (bytes, from) => echo.send(bytes, from.port, from.address))
  server.listen(TCP_PORT, address)
  echo.bind(UDP_PORT, address)
  await Promise.all([once(server, 'listening'), once(echo, 'listening')])
  console.log('listening')
}

async function send() {
  const bytes = randomBytes(STREAM_BYTES)
  console.log(`tcp ${(await streamed(bytes)) === createHash('sha256').update(bytes).digest('hex') ? 'equal' : 'different'}`)
  const socket = createSocket(family)
  for (const length of DATAGRAM_BYTES) {
    if (!(await isEchoed(socket, randomBytes(length)))) console.log(`udp of ${length} bytes did not come back`)
  }
  const trouble = await troubleWithBurst(socket)
  if (trouble !== undefined) console.log(trouble)
  socket.close()
  console.log('done')
}

async function streamed(bytes) {
  const socket = connect(TCP_PORT, address)
  socket.end(bytes)
  let answer = ''
  for await (const part of socket) answer += part
  return answer
}

async function isEchoed(socket, bytes) {
  for (let i = 0; i < TRIES_MAX; i++) {
    socket.send(bytes, UDP_PORT, address)
    if (await hears(socket, bytes)) return true
  }
  return false
}

/** Within half a second. What else comes is an answer of an earlier try, which was late. */
function hears(socket, bytes) {
  return new Promise(resolve => {
    const timer = setTimeout(() => end(false), 500)
    const hear = answer => answer.equals(bytes) && end(true)
    const end = isHeard => {
      clearTimeout(timer)
      socket.off('message', hear)
      resolve(isHeard)
    }
    socket.on('message', hear)
  })
}

/** What is lost is sent again; what comes back otherwise than it was sent never is. */
async function troubleWithBurst(socket) {
  const sent = new Map(Array.from({ length: BURST }, () => randomBytes(BURST_BYTES)).map(bytes => [bytes.toString('hex'), bytes]))
  const missing = new Map(sent)
  let altered
  const hear = bytes => {
    const text = bytes.toString('hex')
    if (!sent.has(text) && bytes.length === BURST_BYTES) altered = `udp came back as ${text}`
    missing.delete(text)
  }
  socket.on('message', hear)
  for (let i = 0; i < TRIES_MAX && missing.size > 0 && altered === undefined; i++) {
    for (const bytes of missing.values()) socket.send(bytes, UDP_PORT, address)
    const endsAt = performance.now() + 500
    while (missing.size > 0 && performance.now() < endsAt) await new Promise(resolve => setTimeout(resolve, 5))
  }
  socket.off('message', hear)
  return altered ?? (missing.size > 0 ? `${missing.size} of ${BURST} small datagrams did not come back` : undefined)
}

async function digestOf(socket) {
  const hash = createHash('sha256')
  // Node 20 would destroy the socket when the last byte was read, before the answer.
  for await (const part of socket.iterator({ destroyOnReturn: false })) hash.update(part)
  return hash
}
