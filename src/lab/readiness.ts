import { access, readFile } from 'node:fs/promises'
import { UserError } from '../base/user-error.ts'
import type { LabHost } from './description.ts'
import type { LabHosts } from './hosts.ts'
import type { LabInstance } from './instance.ts'
import { unlessMissing } from './missing.ts'
import { waitFor } from './processes.ts'
import type { OnProgress } from './progress.ts'
import { attempt } from './run.ts'
import { sshCommand } from './ssh.ts'

const BOOT_LIMIT_MS = 60_000
const SSH_LIMIT_MS = 10_000

/** Resolves when the host's init has done all that belongs to booting, and root gets in with the lab's key. */
export async function waitUntilReady(
  host: LabHost,
  lab: { readonly instance: LabInstance; readonly hosts: LabHosts; readonly onProgress: OnProgress },
): Promise<void> {
  const state = await waitFor(async () => {
    const current = await lab.hosts.state(host.name)
    return current === 'starting' ? undefined : current
  }, BOOT_LIMIT_MS)
  if (state !== 'running') throw await notReady(host, lab.instance, 'it does not boot')
  if (host.hostClass === 'sysvinit') await waitUntilBooted(host, lab)
  const command = host.hostClass === 'systemd' ? 'systemctl is-system-running --wait' : 'true'
  const answer = await waitFor(async () => {
    const result = await attempt(sshCommand(lab.instance, host, { command }), { timeoutMs: BOOT_LIMIT_MS })
    return result.status === 255 ? undefined : result
  }, SSH_LIMIT_MS)
  if (answer === undefined) throw await notReady(host, lab.instance, 'sshd does not let the lab in')
  const said = answer.stdout.trim()
  if (answer.status === 0) return
  if (said !== 'degraded') throw await notReady(host, lab.instance, `its systemd is in state '${said}'`)
  // What has been provisioned may have failed, and the next provisioning is what repairs it.
  lab.onProgress({ kind: 'warning', text: `${host.name}: failed units: ${await failedUnits(lab.instance, host)}` })
}

/** The script that starts the services of the runlevel leaves a file when it is through. */
async function waitUntilBooted(
  host: LabHost,
  lab: { readonly instance: LabInstance; readonly hosts: LabHosts },
): Promise<void> {
  const isBooted = await waitFor(async () => {
    const init = await lab.hosts.initOf(host.name)
    if (init === undefined) return undefined
    return unlessMissing(access(`/proc/${init}/root/run/lab-booted`).then(() => true))
  }, BOOT_LIMIT_MS)
  if (isBooted !== true) throw await notReady(host, lab.instance, 'its init scripts do not come to an end')
}

async function failedUnits(instance: LabInstance, host: LabHost): Promise<string> {
  const command = 'systemctl list-units --failed --plain --no-legend'
  const { stdout } = await attempt(sshCommand(instance, host, { command }))
  const names = stdout.split('\n').map(line => line.split(' ')[0])
  return names.filter(Boolean).join(' ')
}

async function notReady(host: LabHost, instance: LabInstance, why: string): Promise<UserError> {
  const path = instance.consoleLog(host.name)
  const log = (await unlessMissing(readFile(path, 'utf8'))) ?? ''
  const last = log.trim().split('\n').slice(-2).join(' · ')
  return new UserError({
    cause: `host '${host.name}' is not ready: ${why}; its console says: ${last}`,
    remedy: `read ${path}; weave-provision lab down --wipe and up make the host afresh`,
  })
}
