import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, connect as reach, type Server } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { passUpgrade } from '../../../../src/agent/proxy/passing.ts'
import { ProxyListener } from '../../../../src/agent/proxy/proxy-listener.ts'
import { clusterCertificate } from '../../../../src/provision/certify/x509.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const ADDRESS = '127.0.0.1'
const UPGRADE = 'POST /containers/c1/attach HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'
const UPGRADED = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'

describe('a place where the proxy listens', () => {
  const temporary = useTemporaryFolder()

  it('has the whole output for who attaches over TLS and has no input', async () => {
    const folder = temporary()
    const daemon = await daemonThatSpeaksLast(join(folder, 'docker.sock'))
    const port = await freePort()
    const listener = new ProxyListener({ kind: 'tcp', ip: ADDRESS, port }, await keyIn(folder), {
      request: (_, response) => response.end(),
      upgrade: (request, client, head) => passUpgrade(join(folder, 'docker.sock'), request, { client, head }),
    })
    await listener.listen()
    try {
      const client = connect({ socket: reach({ host: ADDRESS, port, allowHalfOpen: true }), rejectUnauthorized: false })
      client.end(UPGRADE)
      expect(await text(client)).toBe(`${UPGRADED}all of it`)
    } finally {
      listener.close()
      daemon.close()
    }
  })
})

/** As a container does whose output comes when its input is at its end. */
async function daemonThatSpeaksLast(path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.write(UPGRADED)
    socket.resume().on('end', () => socket.end('all of it'))
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  return server
}

async function keyIn(folder: string) {
  const { privateKey } = generateKeyPairSync('ed25519')
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  writeFileSync(certificate, await clusterCertificate(privateKey))
  writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }))
  return { certificate, key, ca: undefined }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, ADDRESS, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
