import { access, constants, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../base/user-error.ts'
import type { OnProgress } from './progress.ts'
import { attempt } from './run.ts'

/** Commands that a lab calls, and the Debian package that each comes with. */
export const NEEDS: Readonly<Record<string, string>> = {
  'ansible-inventory': 'ansible-core',
  busybox: 'busybox-static',
  debootstrap: 'debootstrap',
  flock: 'util-linux',
  ip: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  'systemd-nspawn': 'systemd-container',
  sysctl: 'procps',
  tar: 'tar',
  tcpdump: 'tcpdump',
}

/** A shell's PATH often lacks these for those who are not root; commands of root are in them. */
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Installs what is missing where it can; tells the one command that does it where it cannot. */
export async function ensurePrerequisites(onProgress: OnProgress): Promise<void> {
  requireRoot()
  const missing = await missingPackages()
  if (missing.length === 0) return
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (!(await isDebian())) {
    throw new UserError({
      cause: `missing: ${missing.join(', ')}`,
      remedy: `install them; on Debian it is: ${command}`,
    })
  }
  onProgress({ kind: 'step', text: `installing what is missing: ${missing.join(' ')}` })
  await install(missing, onProgress)
}

export function requireRoot(): void {
  if (process.getuid?.() === 0) return
  throw new UserError({
    cause: 'a lab is made of network namespaces and mounts, which are for root only',
    remedy: 'run the same command as root (sudo)',
  })
}

export async function missingPackages(): Promise<readonly string[]> {
  const found = await Promise.all(Object.keys(NEEDS).map(isThere))
  const packages = Object.values(NEEDS).filter((_, index) => found[index] === false)
  return [...new Set(packages)].sort()
}

async function install(packages: readonly string[], onProgress: OnProgress): Promise<void> {
  const argv = ['apt-get', 'install', '-q', '-y', '--no-install-recommends', ...packages]
  const options = {
    environment: { DEBIAN_FRONTEND: 'noninteractive' },
    onLine: (text: string) => onProgress({ kind: 'detail', text }),
  }
  if (await hasPackageLists()) {
    const result = await attempt(argv, options)
    if (result.status === 0) return
  }
  // Lists that are not there, or so old that the mirror has other versions.
  const update = await attempt(['apt-get', 'update', '-q'], options)
  const result = update.status === 0 ? await attempt(argv, options) : update
  if (result.status === 0) return
  throw new UserError({
    cause: `apt-get cannot install ${packages.join(' ')}: ${lastError(result.stderr)}`,
    remedy: `see that apt works, then: apt-get update && apt-get install -y ${packages.join(' ')}`,
  })
}

async function isThere(command: string): Promise<boolean> {
  const checks = FOLDERS.map(folder => access(join(folder, command), constants.X_OK))
  return (await Promise.allSettled(checks)).some(check => check.status === 'fulfilled')
}

async function isDebian(): Promise<boolean> {
  const [hasApt, release] = await Promise.all([isThere('apt-get'), readFile('/etc/os-release', 'utf8')])
  return hasApt && /^ID(_LIKE)?=.*debian/m.test(release)
}

async function hasPackageLists(): Promise<boolean> {
  const names = await readdir('/var/lib/apt/lists')
  return names.some(name => name.includes('_Packages'))
}

function lastError(text: string): string {
  const errors = text.split('\n').filter(line => line.startsWith('E:'))
  return errors.at(-1) ?? text.trim().split('\n').at(-1) ?? ''
}
