import { eventually } from '../agent/agent-lab.ts'
import { DockerLab, type HostName } from './docker-lab.ts'

const MINUTE = 60_000

describe('the proxy in front of Docker', () => {
  let lab: DockerLab

  beforeAll(async () => {
    lab = await DockerLab.createJoined()
  }, 3 * MINUTE)

  afterAll(async () => lab.dispose(), MINUTE)

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

  it(
    'gives a container its network before its first instruction, by whatever path its command is found (PRX-01, PRX-03, ENV-21)',
    async () => {
      const look = "'ip -o addr show ethwe; ip route'"
      const first = await succeeds('a', `docker run --rm -e WEAVE_CIDR=10.7.0.1/16 busybox:test sh -c ${look}`)
      expect(first).toContain('inet 10.7.0.1/16')
      expect(first).toContain('224.0.0.0/4 dev ethwe')
      const direct = await succeeds(
        'a',
        'docker run --rm -e WEAVE_CIDR=10.7.0.1/16 --entrypoint /bin/busybox busybox:test ip -o addr show ethwe',
      )
      expect(direct).toContain('inet 10.7.0.1/16')
    },
    MINUTE,
  )

  it(
    'passes streams, exit codes and input, and containers of two hosts reach each other (PRX-08, API-25)',
    async () => {
      expect(await succeeds('b', 'docker run -i --rm -e WEAVE_CIDR=10.7.0.3/16 busybox:test wc -c', 'hello')).toBe('5')
      const failed = await proxied(
        'b',
        'docker run --rm -e WEAVE_CIDR=10.7.0.3/16 busybox:test sh -c "echo out; echo err >&2; exit 7"',
      )
      expect(failed).toMatchObject({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' })
      await succeeds('a', 'docker run -d --name p1 -e WEAVE_CIDR=10.7.0.1/16 busybox:test sleep 86400')
      await succeeds('b', 'docker run -d --name p2 -e WEAVE_CIDR="10.7.0.2/16 10.8.0.2/24" busybox:test sleep 86400')
      await succeeds('a', 'docker exec p1 ping -c 3 -w 6 10.7.0.2')
      expect(await succeeds('a', 'docker exec -i p1 cat', 'through exec')).toBe('through exec')
      expect(await lab.mustWeave('b', 'ps', 'p2')).toMatch(/ 10\.7\.0\.2\/16 10\.8\.0\.2\/24$/)
      expect(await succeeds('a', 'docker logs p1 && docker cp p1:/etc/passwd - | tar -xOf -')).toContain('root:x:0')
    },
    MINUTE,
  )

  it(
    'leaves alone what wants no network of ours, and says what is wrong with a wish',
    async () => {
      const plain = await succeeds('a', 'docker run --rm -e WEAVE_CIDR=none busybox:test ip -o link')
      expect(plain).not.toContain('ethwe')
      expect(await succeeds('a', 'docker run --rm --network none busybox:test ip -o link')).not.toContain('ethwe')
      const wrong = await proxied('a', 'docker run --rm -e WEAVE_CIDR=10.7.0.300/16 busybox:test true')
      expect(wrong.exitCode).not.toBe(0)
      expect(wrong.stderr).toContain("WEAVE_CIDR: '10.7.0.300/16'")
      const absent = await proxied('a', 'docker start nobody')
      expect(absent).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('No such container: nobody') })
    },
    MINUTE,
  )

  it(
    'a container that Docker starts again waits for its network and gets it, without the proxy (PRX-04)',
    async () => {
      await succeeds(
        'a',
        'docker run -d --name again --restart always -e WEAVE_CIDR=10.7.0.9/16 busybox:test sh -c "ip -o addr show ethwe; exec sleep 86400"',
      )
      await lab.must('a', 'sh', '-c', 'kill -9 $(docker inspect -f {{.State.Pid}} again)')
      await eventually(20_000, async () => {
        const logs = await lab.docker('a', 'logs', 'again')
        return (logs.match(/inet 10\.7\.0\.9\/16/g) ?? []).length === 2 || logs
      })
    },
    MINUTE,
  )

  it(
    'serves each version of Docker’s command that there is, and the oldest version of the API that they speak',
    async () => {
      const clients = (await lab.must('a', 'sh', '-c', 'which -a docker | xargs -n1 readlink -f | sort -u')).split('\n')
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
    },
    MINUTE,
  )

  it(
    'env is taken back by env --restore, and config serves one command (CLI-14, CLI-15, ENV-17)',
    async () => {
      const weave = lab.program.join(' ')
      expect(await succeeds('a', `eval $(${weave} env --restore); echo $DOCKER_HOST`)).toBe('unix:///run/docker.sock')
      expect(await lab.must('a', 'sh', '-c', `docker $(${weave} config) ps -q | wc -l`)).not.toBe('0')
      await lab.stopAgent('a')
      expect(await lab.weave('a', 'env')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not running') })
    },
    MINUTE,
  )
})
