import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AgentLab, eventually } from '../test/system/agent/agent-lab.ts'

/** Hosts of the chain with their number, and where the one between is for them. */
const HOSTS = [
  { host: 'a', number: 1, relay: '10.91.1.2' },
  { host: 'b', number: 2, relay: undefined },
  { host: 'c', number: 3, relay: '10.91.2.2' },
] as const

/** Addresses are `NETWORK.number`. */
export const NEBULA_NETWORK = '10.3.0'
export const TINC_NETWORK = '10.4.0'

/** AES-256-GCM, as nebula comes; `b` is lighthouse and relay. */
export async function startNebula(lab: AgentLab): Promise<void> {
  const folder = join(lab.folder, 'nebula')
  mkdirSync(folder)
  const cert = (...args: readonly string[]) => execFileSync('nebula-cert', [...args], { cwd: folder })
  cert('ca', '-name', 'bench')
  for (const { host, number, relay } of HOSTS) {
    cert('sign', '-name', host, '-ip', `${NEBULA_NETWORK}.${number}/24`)
    const file = join(folder, `${host}.yml`)
    writeFileSync(file, nebulaConfig(folder, host, relay))
    lab.spawn(host, ['nebula', '-config', file], { name: `nebula ${host}` })
  }
  await awaitReply(lab, NEBULA_NETWORK)
}

function nebulaConfig(folder: string, host: string, relay: string | undefined): string {
  const middle = `${NEBULA_NETWORK}.2`
  return JSON.stringify({
    pki: { ca: join(folder, 'ca.crt'), cert: join(folder, `${host}.crt`), key: join(folder, `${host}.key`) },
    static_host_map: relay === undefined ? {} : { [middle]: [`${relay}:4242`] },
    lighthouse: relay === undefined ? { am_lighthouse: true } : { am_lighthouse: false, hosts: [middle] },
    relay: relay === undefined ? { am_relay: true } : { relays: [middle], use_relays: true },
    listen: { host: '0.0.0.0', port: 4242 },
    tun: { dev: 'nebula' },
    logging: { level: 'error' },
    firewall: {
      outbound: [{ port: 'any', proto: 'any', host: 'any' }],
      inbound: [{ port: 'any', proto: 'any', host: 'any' }],
    },
  })
}

/** A switch, AES-256-CBC with SHA-256, as tinc comes. */
export async function startTinc(lab: AgentLab): Promise<void> {
  const folderOf = (host: string) => join(lab.folder, 'tinc', host)
  for (const { host, number, relay } of HOSTS) {
    mkdirSync(join(folderOf(host), 'hosts'), { recursive: true })
    const connect = relay === undefined ? '' : 'ConnectTo = b\n'
    const options = 'Mode = switch\nDeviceType = tap\nInterface = tinc\n'
    writeFileSync(join(folderOf(host), 'tinc.conf'), `Name = ${host}\n${options}${connect}`)
    const up = `#!/bin/sh\nip address add ${TINC_NETWORK}.${number}/24 dev tinc\nip link set tinc up\n`
    writeFileSync(join(folderOf(host), 'tinc-up'), up, { mode: 0o755 })
    execFileSync('tincd', ['-c', folderOf(host), '-K', '2048'], { stdio: 'ignore' })
  }
  for (const { host, relay } of HOSTS) {
    if (relay !== undefined) introduce(folderOf(host), folderOf('b'), relay)
  }
  for (const { host } of HOSTS) {
    const argv = ['tincd', '-c', folderOf(host), '-D', `--pidfile=${join(folderOf(host), 'pid')}`]
    lab.spawn(host, argv, { name: `tinc ${host}` })
  }
  await awaitReply(lab, TINC_NETWORK)
}

function introduce(folder: string, relayFolder: string, relay: string): void {
  const name = folder.slice(-1)
  execFileSync('cp', [join(folder, 'hosts', name), join(relayFolder, 'hosts', name)])
  execFileSync('cp', [join(relayFolder, 'hosts', 'b'), join(folder, 'hosts', 'b')])
  execFileSync('sed', ['-i', `1iAddress = ${relay}`, join(folder, 'hosts', 'b')])
}

async function awaitReply(lab: AgentLab, network: string): Promise<void> {
  for (const number of [2, 3]) {
    await eventually(20_000, async () => {
      const { exitCode } = await lab.on('a', 'ping', '-c', '1', '-W', '1', `${network}.${number}`)
      return exitCode === 0 || `no answer from ${network}.${number}`
    })
  }
}
