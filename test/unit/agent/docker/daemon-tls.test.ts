import { tlsOf } from '../../../../src/agent/docker/daemon-tls.ts'

describe('the TLS of Docker’s daemon', () => {
  it.each([
    [
      ['dockerd', '--tlsverify', '--tlscacert=/ca', '--tlscert', '/cert', '--tlskey', '/key', '-H', 'tcp://0.0.0.0'],
      '',
    ],
    [['dockerd'], '{"tlsverify": true, "tlscacert": "/ca", "tlscert": "/cert", "tlskey": "/key", "mtu": 1400}'],
    [['dockerd', '--tlsverify=true'], '{"tlscacert": "/ca", "tlscert": "/cert", "tlskey": "/key"}'],
  ])('is read from %j and %j (FLAG-25, PRX-09)', (words, configuration) => {
    const files = { tlscacert: '/ca', tlscert: '/cert', tlskey: '/key' }
    expect(tlsOf(words, configuration)).toEqual({ tlsverify: true, ...files })
  })

  it.each(['', '{', '[]', 'null'])('is none where the configuration is %j', configuration => {
    expect(tlsOf(['dockerd', '--host', 'unix:///x'], configuration)).toEqual({})
  })
})
