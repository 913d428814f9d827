import { PassThrough } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { LinkTable } from '../../../../src/agent/transport/link-table.ts'
import { withTraffic } from '../../../../src/agent/transport/link-traffic.ts'
import type { PeerName } from '../../../../src/base/peer-name.ts'
import type { ConnectionStatus, RouterStatus } from '../../../../src/core/router/index.ts'
import { NO_SIZES } from '../table-sizes.ts'

const REMOTE = { ip: '192.0.2.7', port: 6783 }

function statusWith(...connections: readonly ConnectionStatus[]): RouterStatus {
  return {
    name: '02:00:00:00:00:01' as PeerName,
    nickname: 'alpha',
    membership: 'open',
    shortId: 1,
    clusterId: '',
    manifestVersion: 0,
    sizes: NO_SIZES,
    discovery: true,
    wayChanges: 0,
    refused: {},
    targets: [],
    connections,
    peers: [],
  }
}

const connection = (state: ConnectionStatus['state'], direction: ConnectionStatus['direction']): ConnectionStatus => ({
  state,
  direction,
  address: REMOTE,
  info: '',
  forMs: 1,
})

function socketWith(bytesWritten: number, bytesRead: number): TLSSocket {
  return Object.assign(new PassThrough(), {
    bytesWritten,
    bytesRead,
    setNoDelay: () => undefined,
  }) as unknown as TLSSocket
}

describe('what links have carried', () => {
  it('is shown of those that are open, each by its own direction', () => {
    const links = new LinkTable(() => undefined)
    links.add(socketWith(100, 200), { direction: 'outbound', remote: REMOTE, publicKey: new Uint8Array(32) })
    const shown = withTraffic(
      statusWith(
        connection('established', 'outbound'),
        connection('established', 'inbound'),
        connection('failed', 'outbound'),
      ),
      links,
    )
    expect(shown.connections).toEqual([
      { ...connection('established', 'outbound'), bytesSent: 100, bytesReceived: 200 },
      connection('established', 'inbound'),
      connection('failed', 'outbound'),
    ])
  })

  it('is forgotten with the link', () => {
    const links = new LinkTable(() => undefined)
    const socket = socketWith(1, 2)
    links.add(socket, { direction: 'inbound', remote: REMOTE, publicKey: new Uint8Array(32) })
    expect(links.trafficOf({ direction: 'inbound', remote: REMOTE })).toEqual({ bytesSent: 1, bytesReceived: 2 })
    links.close(1)
    expect(links.trafficOf({ direction: 'inbound', remote: REMOTE })).toBeUndefined()
    socket.emit('close')
  })
})
