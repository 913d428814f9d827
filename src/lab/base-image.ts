import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../base/user-error.ts'
import { exclusively } from './exclusive.ts'
import { unlessMissing } from './missing.ts'
import type { OnProgress } from './progress.ts'
import { attempt, run } from './run.ts'

export const CACHE_FOLDER = '/var/cache/weave-provision/lab'

const SUITE = 'bookworm'
const FALLBACK_MIRROR = 'http://deb.debian.org/debian'

const KEPT_UNUSED_MS = 24 * 3600 * 1000

/** As a host of a cloud has them. No Node: the overlay brings its own runtime. */
const PACKAGES = [
  'systemd-sysv',
  'openssh-server',
  'sudo',
  'ufw',
  'firewalld',
  'python3',
  'ifupdown',
  'netplan.io',
  'network-manager',
  'libpam-systemd', // which network-manager needs by a name that debootstrap does not resolve
  'iproute2',
  'nftables',
  'iptables',
  'docker.io',
  'kmod',
  'iputils-ping',
  'procps',
  'dbus',
  'busybox-static',
  'insserv',
]

export interface BaseImage {
  readonly digest: string
  /** The root file system that all hosts have below their own. */
  readonly root: string
  /** A root file system of a container, for `docker import`. */
  readonly containerImage: string
}

/**
 * The base image, built once for a recipe: folder `base-<digest>`.
 * It is built in a folder of another name and renamed when complete, so what has the name is whole.
 */
export async function ensureBaseImage(
  { digest }: BaseImage,
  filesFolder: string,
  onProgress: OnProgress,
): Promise<void> {
  if (await isComplete(digest)) return
  const onWait = () => onProgress({ kind: 'step', text: 'base image: another run is building it' })
  await exclusively(join(CACHE_FOLDER, 'lock'), onWait, async () => {
    if (await isComplete(digest)) return
    await removeUnfinished()
    await build({ digest, filesFolder, onProgress })
  })
}

/** Where the image of the present recipe is, or will be. */
export async function baseImageOf(filesFolder: string): Promise<BaseImage> {
  const digest = await recipeDigest(filesFolder)
  const folder = join(CACHE_FOLDER, `base-${digest}`)
  return { digest, root: join(folder, 'root'), containerImage: join(folder, 'container.tar') }
}

/** Removes base images of other recipes, except those that hosts still stand on. */
export async function pruneBaseImages(digestsInUse: ReadonlySet<string>): Promise<void> {
  for (const name of await cachedNames()) {
    const digest = /^base-([0-9a-f]+)$/.exec(name)?.[1]
    if (digest === undefined || digestsInUse.has(digest)) continue
    const folder = join(CACHE_FOLDER, name)
    // A lab of another version of the program may be about to put hosts on it.
    const lastWanted = (await unlessMissing(stat(folder)))?.mtimeMs ?? 0
    if (Date.now() - lastWanted > KEPT_UNUSED_MS) await rm(folder, { recursive: true, force: true })
  }
}

async function recipeDigest(filesFolder: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([SUITE, process.arch, PACKAGES]))
  for (const name of ['build-base.sh', 'build-container-image.sh']) hash.update(await readFile(join(filesFolder, name)))
  return hash.digest('hex').slice(0, 12)
}

async function isComplete(digest: string): Promise<boolean> {
  const now = new Date()
  const folder = join(CACHE_FOLDER, `base-${digest}`)
  return (await unlessMissing(utimes(folder, now, now).then(() => true))) ?? false
}

async function removeUnfinished(): Promise<void> {
  for (const name of (await cachedNames()).filter(one => one.startsWith('unfinished-')))
    await rm(join(CACHE_FOLDER, name), { recursive: true, force: true, maxRetries: 3 })
}

async function cachedNames(): Promise<readonly string[]> {
  return (await unlessMissing(readdir(CACHE_FOLDER))) ?? []
}

async function build(options: { digest: string; filesFolder: string; onProgress: OnProgress }): Promise<void> {
  const { digest, filesFolder, onProgress } = options
  const folder = join(CACHE_FOLDER, `unfinished-${digest}`)
  await mkdir(folder, { recursive: true })
  const mirror = await mirrorOfMachine()
  onProgress({ kind: 'step', text: `base image: building from ${mirror}, once; takes about a minute` })
  const root = join(folder, 'root')
  await isolated(['sh', join(filesFolder, 'build-base.sh'), root, SUITE, mirror, PACKAGES.join(',')], onProgress)
  const tar = join(folder, 'container.tar')
  await isolated(['sh', join(filesFolder, 'build-container-image.sh'), join(root, 'bin/busybox'), tar], onProgress)
  await rename(folder, join(CACHE_FOLDER, `base-${digest}`))
}

/** In namespaces of its own: neither its mounts nor its processes outlive it, nor it this process. */
async function isolated(argv: readonly string[], onProgress: OnProgress): Promise<void> {
  const isolation = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const result = await attempt(['setpriv', '--pdeathsig', 'KILL', ...isolation, ...argv], {
    environment: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    onLine: line => onProgress({ kind: 'detail', text: line.replace(/^I: /, 'base image: ') }),
  })
  if (result.status === 0) return
  throw new UserError({
    cause: `the base image cannot be built: ${lastErrorOf(`${result.stdout}\n${result.stderr}`)}`,
    remedy: 'see that the Debian mirror of this machine can be reached and the disk has 1 GB free, then run it again',
  })
}

/** debootstrap marks its errors; of what else fails, the last line says most. */
function lastErrorOf(output: string): string {
  const lines = output.trim().split('\n')
  return lines.findLast(line => line.startsWith('E: '))?.slice(3) ?? lines.at(-1) ?? 'it says nothing'
}

/** Whatever mirror apt of this machine uses for the suite serves debootstrap too. */
async function mirrorOfMachine(): Promise<string> {
  const format = ['--format', '$(SITE) $(RELEASE) $(COMPONENT)', 'Created-By: Packages']
  const list = await run(['apt-get', 'indextargets', ...format])
  const lines = list.split('\n').map(line => line.split(' '))
  const found = lines.find(([, release, component]) => release === SUITE && component === 'main')
  return found?.[0] ?? FALLBACK_MIRROR
}
