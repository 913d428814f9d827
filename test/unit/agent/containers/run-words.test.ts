import { dockerRunArguments, splitRunWords } from '../../../../src/agent/containers/run-words.ts'

const nameServer = { address: '172.17.0.1', domain: 'weave.local' }

function dockerLine(line: string, server: typeof nameServer | undefined = nameServer): string {
  return dockerRunArguments(splitRunWords(line.split(' ')), server).join(' ')
}

describe('the words of weave run', () => {
  it('are ours as long as they are flags and addresses of ours, and Docker’s from then on', () => {
    const words = splitRunWords(
      '--without-dns 10.0.1.1/24 net:10.2.1.0/24 --no-rewrite-hosts -t -i --add-host=db:10.0.1.9 debian 10.0.1.1/24'.split(
        ' ',
      ),
    )
    expect(words).toEqual({
      addresses: ['10.0.1.1/24', 'net:10.2.1.0/24'],
      withDns: false,
      rewriteHosts: false,
      multicastRoute: true,
      extraHosts: ['db:10.0.1.9'],
      rest: ['-t', '-i', '--add-host=db:10.0.1.9', 'debian', '10.0.1.1/24'],
    })
  })

  it('become a container in the background that asks our name server and has a name in the domain', () => {
    expect(dockerLine('10.0.1.1/24 -itd --name=w1 ubuntu')).toBe(
      'run -e WEAVE_CIDR=none --dns=172.17.0.1 --dns-search=weave.local --hostname=w1.weave.local -d -itd --name=w1 ubuntu',
    )
  })

  it('give no host name that is longer than the kernel takes (DNS-12)', () => {
    const fits = 'w'.repeat(64 - '.weave.local'.length)
    expect(dockerLine(`--name ${fits} ubuntu`)).toContain(` --hostname=${fits}.weave.local `)
    expect(dockerLine(`--name x${fits} ubuntu`)).toBe(
      `run -e WEAVE_CIDR=none --dns=172.17.0.1 --dns-search=weave.local -d --name x${fits} ubuntu`,
    )
  })

  it('leave a variable of Docker’s arguments the last word (OLD-06)', () => {
    expect(dockerLine('-e WEAVE_CIDR=10.2.1.7/24 ubuntu')).toMatch(
      /WEAVE_CIDR=none .* WEAVE_CIDR=10\.2\.1\.7\/24 ubuntu$/,
    )
  })

  it('leave what Docker is told about names as it is told', () => {
    expect(dockerLine('-h web.example --dns 8.8.8.8 --name w1 ubuntu')).toBe(
      'run -e WEAVE_CIDR=none --dns-search=. -d -h web.example --dns 8.8.8.8 --name w1 ubuntu',
    )
    expect(dockerLine('--without-dns ubuntu')).toBe('run -e WEAVE_CIDR=none -d ubuntu')
    expect(dockerRunArguments(splitRunWords(['ubuntu']), undefined)).toEqual([
      'run',
      ...['-e', 'WEAVE_CIDR=none'],
      ...['-d', 'ubuntu'],
    ])
  })
})
