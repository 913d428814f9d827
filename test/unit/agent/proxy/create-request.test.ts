import { rewriteCreate, wishesOfBody } from '../../../../src/agent/proxy/create-request.ts'
import { acceptedBy } from '../../base/outcome.ts'

const nothing = { waitFolder: '/var/lib/weave/wait', image: undefined, nameServer: undefined, name: '' }
const nameServer = { address: '172.17.0.1', domain: 'weave.local' }
const image = { entrypoint: ['/entry'], command: ['serve'] }

describe('a container made through the proxy', () => {
  it.each([
    [{ Entrypoint: ['sh', '-c'], Cmd: ['ls'] }, image, ['/w/w', 'sh', '-c'], ['ls']],
    [{ Entrypoint: 'sh' }, image, ['/w/w', 'sh'], []],
    [{ Entrypoint: [''], Cmd: ['ls'] }, image, ['/w/w'], ['ls']],
    [{ Cmd: ['ls'] }, image, ['/w/w', '/entry'], ['ls']],
    [{}, image, ['/w/w', '/entry'], ['serve']],
    [{ Cmd: null, Entrypoint: null }, { entrypoint: [], command: ['serve'] }, ['/w/w'], ['serve']],
  ])('runs of %j with the image %j what Docker would run, after the wait', (body, ofImage, Entrypoint, Cmd) => {
    expect(rewriteCreate(body, { ...nothing, image: ofImage })).toMatchObject({ Entrypoint, Cmd })
  })

  it('is left to Docker when there is nothing to run', () => {
    expect(rewriteCreate({ Image: 'x' }, nothing)).not.toHaveProperty('Entrypoint')
  })

  it('keeps all that the proxy knows nothing of', () => {
    const body = { Tty: true, HostConfig: { Memory: 5, Binds: ['/a:/b'] }, NetworkingConfig: { x: 1 } }
    expect(rewriteCreate(body, nothing)).toEqual({
      Tty: true,
      HostConfig: { Memory: 5, Binds: ['/a:/b', '/var/lib/weave/wait:/w:ro'] },
      NetworkingConfig: { x: 1 },
    })
  })

  it('asks our name server and has a name in the domain, unless it was told otherwise (PRX-01, DNS-12)', () => {
    expect(rewriteCreate({ Cmd: ['x'] }, { ...nothing, nameServer, name: 'w1' })).toMatchObject({
      Hostname: 'w1',
      Domainname: 'weave.local',
      HostConfig: { Dns: ['172.17.0.1'], DnsSearch: ['weave.local'] },
    })
    const told = { Hostname: 'www', HostConfig: { Dns: ['8.8.8.8'] } }
    expect(rewriteCreate(told, { ...nothing, nameServer, name: 'w1' })).toMatchObject({
      Hostname: 'www',
      HostConfig: { Dns: ['8.8.8.8'], DnsSearch: ['.'] },
    })
    const long = { ...nothing, nameServer, name: 'w'.repeat(60) }
    expect(rewriteCreate({}, long)).not.toHaveProperty('Hostname')
  })

  it.each([
    [{}, [{ kind: 'default' }]],
    [{ Env: ['A=1', 'WEAVE_CIDR=net:10.2.1.0/24'] }, [expect.objectContaining({ kind: 'subnet' })]],
    [{ HostConfig: { NetworkMode: 'bridge' } }, [{ kind: 'default' }]],
  ])('%j wishes %j', (body, wishes) => {
    expect(acceptedBy(wishesOfBody(body, true))).toEqual({ kind: 'some', wishes })
  })

  it.each(['host', 'none', 'container:x', 'my-network'])('with the network %s is left alone', NetworkMode => {
    expect(acceptedBy(wishesOfBody({ HostConfig: { NetworkMode } }, true))).toEqual({ kind: 'none' })
  })
})
