import type { Command } from 'commander'
import { askHosts } from '../../provision/apply/ask-hosts.ts'
import { breakLock, keepersOf, type LockPlace, showLock } from '../../provision/operate/cluster-lock.ts'
import { describeHolder } from '../../provision/operate/operator.ts'
import { decide } from '../../provision/prepare-plan.ts'
import { printJson, printLine } from '../output.ts'
import { confirm } from './confirm.ts'
import { type HostAccess, withHostAccess } from './host-access.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'

const EXAMPLES = `
Examples:
  $ weave-provision lock status -i hosts.yml
  $ weave-provision lock release -i hosts.yml --yes

What changes hosts takes the lock on the five with the lowest numbers, renews it while it works, and gives it back. One that was not renewed for
15 minutes, or whose process on this machine has ended, is taken over. Reading never needs it.
Exit codes: 0 done; 1 failure, or not confirmed; 2 bad input.`

export function registerLock(program: Command): void {
  const lock = program.command('lock').description('see or take away the lock that keeps two operators apart')
  addPlaybookOptions(lock.command('status').description('who holds it, since when and why'))
    .addHelpText('after', EXAMPLES)
    .action(status)
  addPlaybookOptions(lock.command('release').description('take it away from an operator who is gone'))
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', EXAMPLES)
    .action(release)
}

/** Where the lock of this cluster lies. */
export function lockPlace(access: HostAccess): LockPlace {
  const { plan } = decide(access.sources, {})
  return { ask: question => askHosts(access.reach, question), group: plan.group, keepers: keepersOf(plan.hosts) }
}

async function status(options: PlaybookArguments): Promise<void> {
  await withHostAccess(options, { startsLab: false }, async access => {
    const locks = await showLock(lockPlace(access))
    if (options.json === true) return printJson(Object.fromEntries(locks))
    const held = [...locks.values()].find(({ state }) => state === 'held')
    if (held === undefined) return printLine(`The cluster is not locked (${[...locks.keys()].join(', ')}).`)
    printLine(`Locked by ${describeHolder(held)}${held.isStale ? '; stale: the next up takes it over' : ''}.`)
  })
}

async function release(options: PlaybookArguments & { readonly yes?: true }): Promise<void> {
  await withHostAccess(options, { startsLab: false }, async access => {
    const place = lockPlace(access)
    const held = [...(await showLock(place)).values()].find(({ state }) => state === 'held')
    if (held === undefined) return printLine('The cluster is not locked.')
    await confirm(`Take the lock away from ${describeHolder(held)}?`, {
      isGiven: options.yes === true,
      remedy: 'give --yes when that operator is gone',
    })
    await breakLock(place)
    printLine(`Taken away from ${describeHolder(held)}.`)
  })
}
