import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { AddressClient } from '../../../../src/agent/http/address-client.ts'
import { type IpOnNetwork, parseIpOnNetwork } from '../../../../src/base/ip-address.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('a name of a container', () => {
  const folder = useTemporaryFolder()
  let router: Server
  let code: number

  beforeEach(async () => {
    router = createServer((_, response) => response.writeHead(code).end('a cause\na remedy\n'))
    await once(router.listen(join(folder(), 'router.sock')), 'listening')
  })
  afterEach(() => router.close())

  const add = () => new AddressClient(join(folder(), 'router.sock')).addName('c', ADDRESS, 'db.weave.local')

  it.each([
    ['is taken', 204],
    ['is not wanted, as no names are answered', 404],
    ['finds no room, which ends no container', 507],
  ])('%s', async (_, answer) => {
    code = answer
    await expect(add()).resolves.toBeUndefined()
  })

  it('is refused with cause and remedy', async () => {
    code = 400
    await expect(add()).rejects.toMatchObject({ problems: [{ cause: 'a cause', remedy: 'a remedy' }] })
  })
})

const ADDRESS = addressOf('10.2.1.1/24')

function addressOf(text: string): IpOnNetwork {
  const parsed = parseIpOnNetwork(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
