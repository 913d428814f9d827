import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Argument, type Command, InvalidArgumentError } from 'commander'
import { parseCidr } from '../../base/cidr.ts'
import { canonicalIp, parseIpAddress } from '../../base/ip-address.ts'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import {
  EXAMPLE_HOSTS,
  SKELETON_KINDS,
  type SkeletonFile,
  type SkeletonHost,
  type SkeletonKind,
  skeletonOf,
} from '../../provision/init/skeleton.ts'
import { DEFAULTS } from '../../provision/inventory/parse-inventory.ts'
import { printLine } from '../output.ts'

interface InitArguments {
  readonly output: string
  readonly host: readonly SkeletonHost[]
  readonly user?: string
  readonly name?: string
  readonly subnet: string
  readonly region: string
}

const USERS: Readonly<Record<SkeletonKind, string>> = { static: 'root', aws: 'admin', vagrant: 'vagrant' }

const EXAMPLES = `
Examples:
  $ weave-provision init
  $ weave-provision init -o production --host web1=192.0.2.11 --host web2=192.0.2.12 --user deploy
  $ weave-provision init aws -o production --name shop --region eu-central-1
  $ weave-provision init vagrant -o playground

Writes an inventory to begin with, and overwrites nothing. On a terminal, a static one without --host asks for the hosts.
Exit codes: 0 done; 2 bad input.`

export function registerInit(program: Command): void {
  program
    .command('init')
    .description('write an inventory to begin with')
    .addArgument(new Argument('[kind]', 'what the hosts are').choices(SKELETON_KINDS).default('static'))
    .option('-o, --output <dir>', 'folder to write to', 'inventory')
    .option('--host <name=address>', 'a host; may be given several times', readHost, [])
    .option('--user <name>', 'who logs in on the hosts')
    .option('--name <cluster>', 'name of the cluster (that of the folder)', readName)
    .option('--subnet <cidr>', "the overlay's network", readSubnet, DEFAULTS.subnet)
    .option('--region <region>', 'region of AWS', 'eu-west-1')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(kind: SkeletonKind, options: InitArguments): Promise<void> {
  const folder = resolve(options.output)
  const hosts = options.host.length > 0 || kind !== 'static' ? options.host : await askForHosts()
  const files = skeletonOf({
    kind,
    clusterName: options.name ?? nameOfFolder(folder),
    subnet: options.subnet,
    user: options.user ?? USERS[kind],
    hosts: hosts.length > 0 ? hosts : EXAMPLE_HOSTS[kind],
    region: options.region,
  })
  refuseExisting(folder, files)
  // In the form in which the folder was given.
  const shown = (path: string) => (isAbsolute(options.output) ? path : relative('.', path))
  for (const { path, content } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content, { flag: 'wx' })
    printLine(`written: ${shown(join(folder, path))}`)
  }
  const inventory = shown(join(folder, files[0]?.path ?? '')) || folder
  if (kind === 'vagrant') printLine(`next: (cd ${options.output} && vagrant up)`)
  printLine(`next: weave-provision validate -i ${inventory} && weave-provision up -i ${inventory}`)
}

/** All or nothing. */
function refuseExisting(folder: string, files: readonly SkeletonFile[]): void {
  const present = files.map(({ path }) => join(folder, path)).filter(path => existsSync(path))
  if (present.length === 0) return
  const remedy = 'choose another folder with -o, or remove what is there'
  throw new UserError({ cause: `${present.join(', ')} exists; nothing was written`, remedy }, EXIT_CODES.badInput)
}

async function askForHosts(): Promise<readonly SkeletonHost[]> {
  if (process.stdin.isTTY !== true) return []
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question('Hosts, as web1=192.0.2.11 web2=192.0.2.12 (none: an example): ')
    return answer
      .split(/[\s,]+/)
      .filter(word => word !== '')
      .reduce<readonly SkeletonHost[]>((hosts, word) => readHost(word, hosts), [])
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error
    throw new UserError({ cause: error.message, remedy: 'run it again; nothing was written' }, EXIT_CODES.badInput)
  } finally {
    terminal.close()
  }
}

function readHost(text: string, former: readonly SkeletonHost[]): readonly SkeletonHost[] {
  const [, name, address = ''] = /^([A-Za-z0-9_][A-Za-z0-9._-]*)=(.+)$/.exec(text) ?? []
  if (name === undefined || !parseIpAddress(address).ok) {
    throw new InvalidArgumentError(`'${text}' is not name=address, as web1=192.0.2.11.`)
  }
  if (former.some(host => host.name === name || host.address === address)) {
    throw new InvalidArgumentError(`'${text}': the name or the address is given twice.`)
  }
  return [...former, { name, address: canonicalIp(address) }]
}

function readName(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(text))
    throw new InvalidArgumentError('Give lower-case letters, digits and hyphens.')
  return text
}

function readSubnet(text: string): string {
  const subnet = parseCidr(text)
  if (!subnet.ok) throw new InvalidArgumentError(`${subnet.error}.`)
  return text
}

function nameOfFolder(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '')
  return name === '' || name === 'inventory' ? DEFAULTS.clusterName : name
}
