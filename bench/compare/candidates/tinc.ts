import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Candidate, CHAIN, type ChainHost, cableAddress, hostRoutes } from '../candidate.ts'
import { spawnDaemons } from '../daemons.ts'

const NETWORK = '10.4.0'

/** Frames go from daemon to daemon along the chain. Debian's build takes no jumbo frames. */
export const tinc: Candidate = {
  name: 'tinc',
  kind: 'peer',
  about:
    'Ethernet, AES-256-CBC and SHA-256, host to host; its packets have 1,500 bytes at most, also where the MTU is 9000',
  isSealed: true,
  async start(lab) {
    const folderOf = (host: string) => join(lab.folder, 'tinc', host)
    for (const [i, host] of CHAIN.entries()) prepare(folderOf(host), { host, number: i + 1 })
    for (const [i, host] of CHAIN.entries()) {
      const before = CHAIN[i - 1]
      if (before !== undefined) introduce(folderOf, { host, before })
    }
    const daemons = spawnDaemons(lab, 'tinc', CHAIN, host => {
      return ['tincd', '-c', folderOf(host), '-D', `--pidfile=${join(folderOf(host), 'pid')}`]
    })
    return { routes: hostRoutes(host => `${NETWORK}.${CHAIN.indexOf(host) + 1}`), daemons }
  },
}

interface Member {
  readonly host: ChainHost
  readonly number: number
}

function prepare(folder: string, { host, number }: Member): void {
  mkdirSync(join(folder, 'hosts'), { recursive: true })
  const before = CHAIN[number - 2]
  const connect = before === undefined ? '' : `ConnectTo = ${before}\n`
  const options = 'Mode = switch\nDeviceType = tap\nInterface = tinc\n'
  writeFileSync(join(folder, 'tinc.conf'), `Name = ${host}\n${options}${connect}`)
  const up = `#!/bin/sh\nip address add ${NETWORK}.${number}/24 dev tinc\nip link set tinc up\n`
  writeFileSync(join(folder, 'tinc-up'), up, { mode: 0o755 })
  execFileSync('tincd', ['-c', folder, '-K', '2048'], { stdio: 'ignore' })
}

/** Each learns the other's key, and the later one where the earlier one is. */
function introduce(folderOf: (host: string) => string, { host, before }: { host: ChainHost; before: ChainHost }): void {
  const keyOf = (of: ChainHost) => readFileSync(join(folderOf(of), 'hosts', of), 'utf8')
  writeFileSync(join(folderOf(before), 'hosts', host), keyOf(host))
  writeFileSync(join(folderOf(host), 'hosts', before), `Address = ${cableAddress(before, host)}\n${keyOf(before)}`)
}
