import type { Command } from 'commander'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import type { ClusterSecrets, RotationStage } from '../../provision/certify/cluster-secrets.ts'
import { nextStep } from '../../provision/certify/rotation.ts'
import { changeSecrets } from '../../provision/certify/secrets-file.ts'
import { withRunLock } from '../../provision/lock/run-lock.ts'
import { readSources } from '../../provision/prepare-plan.ts'
import { printLine } from '../output.ts'
import { confirm } from './confirm.ts'
import { addUpOptions } from './up.ts'
import { runUp, type UpArguments } from './up-session.ts'

const EXAMPLES = `
Examples:
  $ weave-provision rotate -i hosts.yml --yes

Changes the admission key, which opens the door in front of TLS, on all hosts: first all let in by the old and the new one, then they
show the new one, then the old one is void. Routers read it without a restart, and no connection is lost. Run again after a failure,
it goes on where it stopped. Data keys change by themselves; a host's own key by removing /var/lib/weave/identity.pem there and 'up'.
Exit codes: 0 done; 1 failure, or not confirmed; 2 bad input.`

const STEPS = {
  offered: 'Both keys let in, the old one is shown',
  switched: 'Both keys let in, the new one is shown',
  dropped: 'Only the new key lets in',
} as const

export function registerRotate(program: Command): void {
  const rotate = program
    .command('rotate')
    .description('change the admission key on all hosts, with two valid in between')
  addUpOptions(rotate).addHelpText('after', EXAMPLES).action(run)
}

async function run(options: UpArguments): Promise<void> {
  if (options.limit !== undefined || options.check === true || options.resume === true) {
    const cause = 'a rotation is for all hosts, in steps of its own: one that misses it is shut out'
    const remedy = "leave out --limit, --check and --resume; 'rotate' goes on by itself; remove hosts that are gone"
    throw new UserError({ cause, remedy }, EXIT_CODES.badInput)
  }
  await confirm('Change the admission key on all hosts?', { isGiven: options.yes === true })
  let stage = await change(options, present => (present.rotation === undefined ? nextStep(present) : present))
  while (stage !== undefined) {
    await apply(options, stage)
    // The apply that has brought the last step everywhere has ended the rotation.
    stage = stage === 'dropped' ? undefined : await change(options, nextStep)
  }
}

async function apply(options: UpArguments, stage: RotationStage): Promise<void> {
  await runUp({ ...options, yes: true, message: options.message ?? `rotate: ${stage}` })
  if ((process.exitCode ?? EXIT_CODES.ok) !== EXIT_CODES.ok) {
    const cause = 'the rotation stopped; old and new hosts still let each other in'
    const remedy = "mend what is named above, then 'weave-provision rotate' again"
    const isInterrupted = process.exitCode === EXIT_CODES.interrupted
    throw new UserError({ cause, remedy }, isInterrupted ? EXIT_CODES.interrupted : EXIT_CODES.failure)
  }
  if (options.json !== true) printLine(`${STEPS[stage]}.`)
}

async function change(
  options: UpArguments,
  step: (secrets: ClusterSecrets) => ClusterSecrets,
): Promise<RotationStage | undefined> {
  const { inventory: inventoryPath, vaultPasswordFile } = options
  const { paths, lock } = await readSources({ inventoryPath, vaultPasswordFile })
  if (lock.cluster === undefined) {
    throw new UserError(
      { cause: 'the cluster has no keys yet', remedy: "'weave-provision up' makes them" },
      EXIT_CODES.badInput,
    )
  }
  const password = { file: vaultPasswordFile }
  const secrets = await withRunLock(paths.runLock, 'rotate', () =>
    changeSecrets({ path: paths.secrets, cluster: lock.cluster, password }, step),
  )
  return secrets.rotation?.stage
}
