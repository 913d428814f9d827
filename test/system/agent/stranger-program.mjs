// A stranger to the cluster, run on a host of the lab: says one thing to the port and prints as JSON what comes of it.
// usage: node stranger-program.mjs IP PORT FIRST-BYTES-IN-HEX [PRIVATE-KEY CERTIFICATE]
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

const [ip, port, hex, key, certificate] = process.argv.slice(2)
const startedAt = Date.now()
const told = { bytesRead: 0, isLetIn: false, error: '' }
const socket = connect(Number(port), ip, () => {
  socket.write(Buffer.from(hex, 'hex'))
  if (key !== undefined) talkTls()
})
socket.on('error', error => {
  told.error = error.code ?? error.message
})
socket.on('close', () => finish())
if (key === undefined) socket.resume()

function talkTls() {
  const credentials = { key: readFileSync(key), cert: readFileSync(certificate), minVersion: 'TLSv1.3' }
  const secured = connectTls({ socket, ...credentials, rejectUnauthorized: false })
  secured.on('data', () => {
    told.isLetIn = true
  })
  secured.on('error', error => {
    told.error = error.code ?? error.message
  })
  secured.on('close', () => finish())
}

function finish() {
  console.log(JSON.stringify({ ...told, bytesRead: socket.bytesRead, ms: Date.now() - startedAt }))
  process.exit()
}
