import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BaseImage } from './base-image.ts'
import type { LabDescription, LabHost } from './description.ts'
import { networkingOf } from './host-networking.ts'
import { type LabInstance, machineId } from './instance.ts'
import { unlessMissing } from './missing.ts'
import { run } from './run.ts'

export interface SeedOptions {
  readonly instance: LabInstance
  readonly base: BaseImage
  readonly filesFolder: string
}

/** The key with which the control machine gets into the hosts: made once for a lab, never shown. */
export async function ensureLabKey(instance: LabInstance): Promise<void> {
  await mkdir(instance.stateFolder, { recursive: true, mode: 0o700 })
  await mkdir(instance.runFolder, { recursive: true, mode: 0o700 })
  if (await isThere(`${instance.privateKey}.pub`)) return
  await rm(instance.privateKey, { force: true })
  await makeKey(instance.privateKey, 'lab')
}

/** The host's own layer. Renamed into place when complete; that of another base image is thrown away. */
export async function ensureHostSeeded(host: LabHost, options: SeedOptions): Promise<'kept' | 'made' | 'renewed'> {
  const folder = options.instance.hostFolder(host.name)
  const former = await baseDigestOf(folder)
  if (former === options.base.digest) return 'kept'
  await rm(folder, { recursive: true, force: true })
  await mkdir(dirname(folder), { recursive: true })
  const unfinished = await mkdtemp(join(options.instance.stateFolder, 'unfinished-'))
  await seed(host, unfinished, options)
  await rename(unfinished, folder)
  return former === undefined ? 'made' : 'renewed'
}

export async function baseDigestOf(hostFolder: string): Promise<string | undefined> {
  return (await unlessMissing(readFile(join(hostFolder, 'base'), 'utf8')))?.trim()
}

/** Host keys are made by the lab, so nobody has to trust them at first sight. */
export async function writeKnownHosts(instance: LabInstance, description: LabDescription): Promise<void> {
  const lines = description.hosts.map(async host => {
    const key = await readFile(join(instance.hostFolder(host.name), 'upper', HOST_KEY.concat('.pub')), 'utf8')
    const [type, body] = key.split(' ')
    const names = [host.name, ...host.interfaces.map(({ address }) => address)]
    return `${names.join(',')} ${type} ${body?.trim()}\n`
  })
  await writeFile(instance.knownHosts, (await Promise.all(lines)).join(''), { mode: 0o600 })
}

const HOST_KEY = 'etc/ssh/ssh_host_ed25519_key'

async function seed(host: LabHost, folder: string, options: SeedOptions): Promise<void> {
  const upper = join(folder, 'upper')
  for (const name of ['upper', 'work', 'root', 'docker']) await mkdir(join(folder, name), { mode: 0o755 })
  await chmod(folder, 0o755) // a host's root folder must let all its users through
  const write = (path: string, content: string, mode = 0o644) => writeInto(upper, path, { content, mode })
  await write('/etc/hostname', `${host.name}\n`)
  await write('/etc/hosts', hostsFile(host))
  await write('/etc/resolv.conf', '# There is no name server in the lab.\n')
  await write('/etc/machine-id', `${machineId(options.instance, host)}\n`)
  const networking = networkingOf(host)
  for (const { path, content, mode } of networking.files) await write(path, content, mode)
  for (const path of networking.absent) await makeAbsent(upper, path)
  for (const [path, target] of Object.entries(networking.links)) await link(upper, path, target)
  await mkdir(join(upper, 'root/.ssh'), { recursive: true })
  await chmod(join(upper, 'root'), 0o700)
  await chmod(join(upper, 'root/.ssh'), 0o700)
  await write('/root/.ssh/authorized_keys', await readFile(`${options.instance.privateKey}.pub`, 'utf8'), 0o600)
  await mkdir(join(upper, dirname(HOST_KEY)), { recursive: true })
  await makeKey(join(upper, HOST_KEY), host.name)
  if (host.hostClass === 'sysvinit') await seedWithoutSystemd(upper, options)
  for (const [path, content] of Object.entries(host.files)) await write(path, content)
  await writeFile(join(folder, 'base'), `${options.base.digest}\n`)
}

/** Its udevd has a script of System V, and would take the devices of the machine for those of the host. */
const SYSTEMD = ['usr/bin/systemctl', 'usr/bin/journalctl', 'usr/lib/systemd/systemd', 'usr/lib/systemd/systemd-udevd']

/** Takes systemd away and puts busybox init in its place: what is left are the init scripts of the packages. */
async function seedWithoutSystemd(upper: string, { base, filesFolder }: SeedOptions): Promise<void> {
  await cp(join(filesFolder, 'sysvinit'), upper, { recursive: true, preserveTimestamps: false })
  for (const path of SYSTEMD) await makeAbsent(upper, path)
  for (const name of ['init', 'reboot', 'poweroff', 'halt'])
    await run(['ln', '-sfn', '/bin/busybox', join(upper, 'usr/sbin', name)])
  await mkdir(join(upper, 'etc/rcS.d'), { recursive: true })
  await run(['ln', '-sfn', '../init.d/lab-mounts', join(upper, 'etc/rcS.d/S01lab-mounts')])
  // The script mounts cgroups that no entry of fstab speaks of; those of a lab are mounted before init runs.
  await writeInto(upper, '/etc/fstab', { content: 'cgroup /sys/fs/cgroup cgroup noauto 0 0\n', mode: 0o644 })
  const docker = await readFile(join(base.root, 'etc/init.d/docker'), 'utf8')
  // Not every machine lets its root raise limits, and the script ends at the first failure.
  const tolerant = docker.replace(/^(\s*ulimit .*)$/gm, '$1 || true')
  await writeInto(upper, '/etc/init.d/docker', { content: tolerant, mode: 0o755 })
}

async function makeAbsent(upper: string, path: string): Promise<void> {
  await mkdir(join(upper, dirname(path)), { recursive: true })
  await run(['mknod', join(upper, path), 'c', '0', '0']) // overlayfs reads this as: deleted
}

async function link(upper: string, path: string, target: string): Promise<void> {
  await mkdir(join(upper, dirname(path)), { recursive: true })
  await run(['ln', '-sfn', target, join(upper, path)])
}

function hostsFile(host: LabHost): string {
  return `127.0.0.1 localhost\n127.0.1.1 ${host.name}\n::1 localhost ip6-localhost ip6-loopback\n`
}

async function writeInto(upper: string, path: string, file: { content: string; mode: number }): Promise<void> {
  const target = join(upper, path)
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, file.content)
  await chmod(target, file.mode)
}

async function makeKey(path: string, comment: string): Promise<void> {
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path])
}

async function isThere(path: string): Promise<boolean> {
  return (await unlessMissing(readFile(path))) !== undefined
}
