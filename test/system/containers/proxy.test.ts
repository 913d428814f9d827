import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../eventually.ts'
import { DockerLab, type HostName } from './docker-lab.ts'

describe('the proxy in front of Docker', () => {
  let lab: DockerLab

  beforeAll(async () => {
    lab = await DockerLab.createJoined()
  })

  afterAll(async () => lab.dispose())

  /** A command line after `eval $(weave env)`. */
  function proxied(host: HostName, line: string, input?: string) {
    const weave = lab.program.join(' ')
    return lab.on(host, ['sh', '-c', `set -e; eval $(${weave} env); ${line}`], input)
  }

  async function succeeds(host: HostName, line: string, input?: string): Promise<string> {
    const { exitCode, stdout, stderr } = await proxied(host, line, input)
    if (exitCode !== 0) throw new Error(`${line}: exit ${exitCode}: ${stderr}`)
    return stdout.trim()
  }

  it('gives a container its network before its first instruction, by whatever path its command is found (PRX-01, PRX-03, ENV-21)', async () => {
    const look = "'ip -o addr show ethwe; ip route'"
    const first = await succeeds('a', `docker run --rm -e WEAVE_CIDR=10.7.0.1/16 busybox:test sh -c ${look}`)
    expect(first).toContain('inet 10.7.0.1/16')
    expect(first).toContain('224.0.0.0/4 dev ethwe')
    const direct = await succeeds(
      'a',
      'docker run --rm -e WEAVE_CIDR=10.7.0.1/16 --entrypoint /bin/busybox busybox:test ip -o addr show ethwe',
    )
    expect(direct).toContain('inet 10.7.0.1/16')
  })

  it('passes streams, exit codes and input, and containers of two hosts reach each other (PRX-08, API-25)', async () => {
    expect(await succeeds('b', 'docker run -i --rm -e WEAVE_CIDR=10.7.0.3/16 busybox:test wc -c', 'hello')).toBe('5')
    const failed = await proxied(
      'b',
      'docker run --rm -e WEAVE_CIDR=10.7.0.3/16 busybox:test sh -c "echo out; echo err >&2; exit 7"',
    )
    expect(failed).toMatchObject({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' })
    await succeeds('a', 'docker run -d --stop-timeout 1 --name p1 -e WEAVE_CIDR=10.7.0.1/16 busybox:test sleep 86400')
    await succeeds('b', 'docker run -d --name p2 -e WEAVE_CIDR="10.7.0.2/16 10.8.0.2/24" busybox:test sleep 86400')
    await succeeds('a', 'docker exec p1 ping -c 3 -w 30 10.7.0.2')
    expect(await succeeds('a', 'docker exec -i p1 cat', 'through exec')).toBe('through exec')
    expect(await lab.mustWeave('b', 'ps', 'p2')).toMatch(/ 10\.7\.0\.2\/16 10\.8\.0\.2\/24$/)
    expect(await succeeds('a', 'docker logs p1 && docker cp p1:/etc/passwd - | tar -xOf -')).toContain('root:x:0')
  })

  it('leaves alone what wants no network of ours, and says what is wrong with a wish', async () => {
    const plain = await succeeds('a', 'docker run --rm -e WEAVE_CIDR=none busybox:test ip -o link')
    expect(plain).not.toContain('ethwe')
    expect(await succeeds('a', 'docker run --rm --network none busybox:test ip -o link')).not.toContain('ethwe')
    const wrong = await proxied('a', 'docker run --rm -e WEAVE_CIDR=10.7.0.300/16 busybox:test true')
    expect(wrong.exitCode).not.toBe(0)
    expect(wrong.stderr).toContain("WEAVE_CIDR: '10.7.0.300/16'")
    const absent = await proxied('a', 'docker start nobody')
    expect(absent).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('No such container: nobody') })
  })

  it('a container that Docker starts again waits for its network and gets it, without the proxy (PRX-04)', async () => {
    await succeeds(
      'a',
      'docker run -d --stop-timeout 1 --name again --restart always -e WEAVE_CIDR=10.7.0.9/16 busybox:test sh -c "ip -o addr show ethwe; exec sleep 86400"',
    )
    await lab.must('a', 'sh', '-c', 'kill -9 $(docker inspect -f {{.State.Pid}} again)')
    await eventually(20_000, async () => {
      const logs = await lab.docker('a', 'logs', 'again')
      return (logs.match(/inet 10\.7\.0\.9\/16/g) ?? []).length === 2 || logs
    })
  })

  it('a Docker that is killed leaves containers their network, and one that is started after it gives them the same again (LAN-10)', async () => {
    await lab.stopDocker('a', 'SIGKILL')
    await succeeds('b', 'docker exec p2 ping -c 2 -w 30 10.7.0.1')
    const attach = await lab.weave('a', 'attach', '10.7.0.50/16', 'p1')
    expect(attach).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Docker does not answer on') })
    await lab.startDocker('a')
    await lab.docker('a', 'start', 'p1')
    for (const address of ['10.7.0.1', '10.7.0.9']) {
      await eventually(30_000, async () => {
        const ping = ['docker', 'exec', 'p2', 'ping', '-c', '1', '-W', '2', address]
        return (await lab.on('b', ping)).exitCode === 0 || `${address} not reached`
      })
    }
    expect(await lab.mustWeave('b', 'dns-lookup', 'p1.weave.local')).toBe('10.7.0.1')
    const leased = [...(await lab.leases('a')).values()].flat()
    expect(leased).toEqual(expect.arrayContaining(['10.7.0.1/16', '10.7.0.9/16']))
    await eventually(10_000, async () => {
      const devices = await lab.must('a', 'ip', '-brief', 'link', 'show', 'type', 'veth')
      return devices.match(/vethwepl/g)?.length === 2 || devices
    })
  })

  it('serves the command of the daemon’s own package, each other that there is, and the oldest API that they speak (PRX-07)', async () => {
    const clients = (await lab.must('a', 'sh', '-c', 'which -a docker | xargs -n1 readlink -f | sort -u')).split('\n')
    const daemon = await lab.docker('a', 'version', '--format', '{{.Server.Version}}')
    const versions = await Promise.all(
      clients.map(client => lab.must('a', client, 'version', '--format', '{{.Client.Version}}')),
    )
    process.stdout.write(`Docker ${daemon} by the commands of ${versions.join(', ')}\n`)
    expect(versions).toContain(daemon)
    for (const version of ['', 'DOCKER_API_VERSION=1.24 ']) {
      for (const client of clients) {
        const run = `${version}${client} run --rm -e WEAVE_CIDR=10.7.0.20/16 busybox:test ip -o addr show ethwe`
        expect([client, version, await succeeds('a', run)]).toEqual([
          client,
          version,
          expect.stringContaining('inet 10.7.0.20/16'),
        ])
      }
    }
  })

  it('listens with TLS for those who have a certificate of its authority, and for nobody else (FLAG-25, PRX-09)', async () => {
    const folder = join(lab.folder, 'certificates')
    makeCertificates(folder)
    const own = (name: string) => [`${folder}/${name}.pem`, '--tlskey', `${folder}/${name}-key.pem`]
    const authority = ['--tlscacert', `${folder}/ca.pem`]
    const place = ['-H', 'tcp://127.0.0.1:12376', '--tlsverify', ...authority]
    await lab.mustWeave('a', 'launch-proxy', ...place, '--tlscert', ...own('server'))
    const run = ['run', '--rm', '-e', 'WEAVE_CIDR=10.7.0.21/16', 'busybox:test', 'ip', '-o', 'addr', 'show', 'ethwe']
    expect(await lab.docker('a', ...place, '--tlscert', ...own('client'), ...run)).toContain('inet 10.7.0.21/16')
    const stranger = await lab.on('a', ['docker', ...place, '--tlscert', ...own('stranger'), 'ps'])
    expect([stranger.exitCode, stranger.stderr]).toEqual([1, expect.stringMatching(/certificate|tls/)])
    const plain = await lab.on('a', ['curl', '-s', '--max-time', '5', 'http://127.0.0.1:12376/_ping'])
    expect(plain).toMatchObject({ stdout: '' })
    expect(plain.exitCode).not.toBe(0)
    await lab.mustWeave('a', 'launch-proxy')
  })

  it('env is taken back by env --restore, and config serves one command (CLI-14, CLI-15, ENV-17)', async () => {
    const weave = lab.program.join(' ')
    expect(await succeeds('a', `eval $(${weave} env --restore); echo $DOCKER_HOST`)).toBe('unix:///run/docker.sock')
    expect(await lab.must('a', 'sh', '-c', `docker $(${weave} config) ps -q | wc -l`)).not.toBe('0')
    await lab.stopAgent('a')
    expect(await lab.weave('a', 'env')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not running') })
  })
})

/** An authority with a server of 127.0.0.1 and a client, and a stranger who is his own authority. */
function makeCertificates(folder: string): void {
  mkdirSync(folder)
  writeFileSync(join(folder, 'extensions'), 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n')
  const openssl = (...words: readonly string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' })
  const key = (name: string) => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${name}-key.pem`,
  ]
  for (const name of ['ca', 'stranger'])
    openssl('req', '-x509', ...key(name), '-out', `${name}.pem`, '-subj', `/CN=${name}`)
  for (const name of ['server', 'client']) {
    openssl('req', ...key(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', 'extensions']
    openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.pem`)
  }
}
