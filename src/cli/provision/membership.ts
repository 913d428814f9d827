import { type Command, Option } from 'commander'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { readLock, writeLock } from '../../provision/lock/lock-file.ts'
import { withRunLock } from '../../provision/lock/run-lock.ts'
import { isRemoved, markRemoved, markReturned } from '../../provision/plan/removed-hosts.ts'
import { readSources, type Sources } from '../../provision/prepare-plan.ts'
import { printNotice } from '../output.ts'
import { confirm } from './confirm.ts'
import { checkLimit } from './playbook-options.ts'
import { printReport, runSession, type Session } from './playbook-session.ts'
import { addUpOptions } from './up.ts'
import { runUp, type UpArguments } from './up-session.ts'

type Change = NonNullable<UpArguments['supposing']>

interface RemoveArguments extends UpArguments {
  readonly dead?: true
}

const ADD = `
Examples:
  $ weave-provision add web9 -i hosts.yml

The host is in the inventory already. It gets the next free number, or the one it had; the others learn of it by gossip and get their
files, which no container notices. Exit codes as of up.`

const REMOVE = `
Examples:
  $ weave-provision remove web3 -i hosts.yml
  $ weave-provision remove web3 -i hosts.yml --dead --yes

Takes the overlay off the host, then out of the membership, the ranges and the peers of all others, at once. --dead does not contact it.
The lock file keeps that it is gone, whatever the inventory says; take it out there too. Its number rests: it is given to another
host only when all others are used up. 'add' takes it back. Exit codes as of up.`

const REVOKE = `
Examples:
  $ weave-provision revoke web3 -i hosts.yml --yes

As 'remove --dead', and its key is never certified again, whatever name it comes under. Links with it end with the new manifest.
It still knows the admission key, which opens no more than the door in front of TLS: 'weave-provision rotate' changes that.
Exit codes as of up.`

export function registerMembership(program: Command): void {
  const add = program.command('add').description('take a host of the inventory into the cluster')
  addUpOptions(add).argument('<host>', 'its name in the inventory').addHelpText('after', ADD).action(addHost)
  const remove = program.command('remove').description('take a host out of the cluster, also a dead one')
  addUpOptions(remove)
    .argument('<host>', 'its name in the inventory')
    .addOption(new Option('--dead', 'it is gone for good: do not contact it'))
    .addHelpText('after', REMOVE)
    .action((host: string, options: RemoveArguments) => removeHost(host, options, { isRevoked: false }))
  const revoke = program.command('revoke').description('shut a host out for good, by its key, without contacting it')
  addUpOptions(revoke)
    .argument('<host>', 'its name in the inventory')
    .addHelpText('after', REVOKE)
    .action((host: string, options: UpArguments) => removeHost(host, { ...options, dead: true }, { isRevoked: true }))
}

async function addHost(host: string, options: UpArguments): Promise<void> {
  refuseResume(options)
  const sources = await sourcesOf(options)
  const takesBack: Change | undefined = isRemoved(sources.lock, host) ? lock => markReturned(lock, host) : undefined
  const supposing = options.check === true ? takesBack : undefined
  const isTakingBack = takesBack !== undefined && supposing === undefined
  if (isTakingBack) {
    const isGiven = options.yes === true || sources.lab !== undefined
    await confirm(`Take ${host} back into the cluster?`, { isGiven })
    await changeLock(sources, takesBack, 'add')
  }
  const names = (await sourcesOf({ ...options, supposing })).inventory.hosts.map(({ name }) => name)
  checkLimit([host], names)
  const yes = isTakingBack ? { yes: true as const } : {}
  await runUp({ ...options, ...yes, supposing, message: options.message ?? `add ${host}` })
}

async function removeHost(host: string, options: RemoveArguments, how: { readonly isRevoked: boolean }): Promise<void> {
  refuseResume(options)
  refuseLimit(options)
  const sources = await sourcesOf(options)
  const names = [...sources.inventory.hosts, ...sources.lock.hosts].map(({ name }) => name)
  if (isRemoved(sources.lock, host)) {
    if (how.isRevoked && options.check !== true)
      await changeLock(sources, lock => markRemoved(lock, host, how), 'revoke')
    printNotice(`${host} is removed already; what follows for the others is seen to.`)
    return runUp(options)
  }
  checkLimit([host], [...new Set(names)])
  if (sources.inventory.hosts.every(({ name }) => name === host)) {
    throw new UserError(
      { cause: `${host} is the last host`, remedy: "'weave-provision down' takes everything away" },
      EXIT_CODES.badInput,
    )
  }
  await confirm(questionOf(host, options, how), { isGiven: options.yes === true || options.check === true })
  const isListed = sources.inventory.hosts.some(({ name }) => name === host)
  if (options.dead !== true && isListed) await takeDown(host, options)
  const takesOut: Change = lock => markRemoved(lock, host, how)
  const { dead: _dead, ...rest } = options
  if (options.check === true) return runUp({ ...rest, supposing: takesOut })
  await changeLock(sources, takesOut, how.isRevoked ? 'revoke' : 'remove')
  await runUp({ ...rest, yes: true, message: options.message ?? `${how.isRevoked ? 'revoke' : 'remove'} ${host}` })
  printNotice(`Take ${host} out of the inventory too; until then the lock file keeps it out.`)
}

/** One that was cut off is in the lock file already, and all that is left is the rollout. */
function refuseResume({ resume }: UpArguments): void {
  if (resume !== true) return
  const remedy = "leave out --resume; 'weave-provision up --resume' goes on with a rollout"
  throw new UserError({ cause: 'a change of the membership is not resumed', remedy }, EXIT_CODES.badInput)
}

function refuseLimit({ limit }: UpArguments): void {
  if (limit === undefined) return
  const remedy = 'leave out --limit; the host is named by itself'
  throw new UserError({ cause: 'all others learn that a host has gone', remedy }, EXIT_CODES.badInput)
}

async function takeDown(host: string, options: RemoveArguments): Promise<void> {
  const session: Session = {
    playbook: 'down',
    command: 'remove',
    options: { ...options, limit: [host] },
    isCheck: options.check === true,
    showsDiff: options.diff === true,
    startsLab: false,
    confirm: async () => {},
  }
  const report = await runSession(session)
  if (report.isComplete) return
  printReport(report, session)
  const cause = `the overlay was not taken off ${host}; it is a member as before`
  throw new UserError({
    cause,
    remedy: 'mend what is named above and run again; --dead when the host is gone for good',
  })
}

function questionOf(host: string, options: RemoveArguments, how: { readonly isRevoked: boolean }): string {
  const ofDead = options.dead === true ? ' without contacting it' : ''
  return `Take ${host} out of the cluster${how.isRevoked ? ' and never let its key in again' : ofDead}?`
}

async function sourcesOf({ inventory, vaultPasswordFile, supposing }: UpArguments): Promise<Sources> {
  return readSources({ inventoryPath: inventory, vaultPasswordFile, supposing })
}

async function changeLock({ paths }: Sources, change: Change, command: string): Promise<void> {
  await withRunLock(paths.runLock, command, async () => {
    writeLock(paths.lock, change(readLock(paths.lock)))
  })
}
