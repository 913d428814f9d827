import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { UserError } from '../../base/user-error.ts'
import { runTool } from '../../provision/ansible/run-tool.ts'
import { clusterStatus } from '../../provision/examine/cluster-status.ts'
import { diagnoseCluster } from '../../provision/examine/diagnose-cluster.ts'
import { withoutSecrets } from '../../provision/examine/without-secrets.ts'
import { readAudit } from '../../provision/operate/audit.ts'
import { History } from '../../provision/operate/history.ts'
import { printLine } from '../output.ts'
import { lookAtCluster } from './cluster-look.ts'
import { type HostAccess, withHostAccess } from './host-access.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'

const EXAMPLES = `
Examples:
  $ weave-provision support-bundle -i hosts.yml -o weave-support.tar.gz

Status, findings of the doctor, what each host says of itself, the ends of the routers' logs, the audit log and the history. Passwords,
keys and what looks like one are taken out; addresses and names of hosts and containers are in it. Look before you give it away.
Exit codes: 0 done; 1 failure; 2 bad input.`

const LOG_LINES = 500
const AUDIT_LINES = 100

export function registerSupportBundle(program: Command): void {
  const bundle = program
    .command('support-bundle')
    .description('gather what somebody else needs to help, without secrets')
  addPlaybookOptions(bundle)
    .option('-o, --output <file>', 'the archive to write', 'weave-support.tar.gz')
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: PlaybookArguments & { readonly output: string }): Promise<void> {
  await withHostAccess(options, { startsLab: false }, async access => {
    const folder = mkdtempSync(join(tmpdir(), `weave-provision-${process.pid}-`))
    try {
      const name = basename(options.output).replace(/\.t(ar\.)?gz$/, '') || 'weave-support'
      const inside = join(folder, name)
      mkdirSync(inside, { mode: 0o700 })
      for (const [file, content] of Object.entries(await gather(access))) {
        const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`
        writeFileSync(join(inside, file), withoutSecrets(text), { mode: 0o600 })
      }
      await pack(folder, name, resolve(options.output))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    printLine(
      `Written: ${options.output}. Look into it before you give it away: it names hosts, containers and addresses.`,
    )
  })
}

async function gather(access: HostAccess): Promise<Readonly<Record<string, unknown>>> {
  const { hosts, facts } = await lookAtCluster(access, 'whole', LOG_LINES)
  const { group } = facts.plan
  const audit = await readAudit(access.reach, { group, hosts, tail: AUDIT_LINES })
  const applies = new History(access.sources.paths.folder).all().map(({ inventory: _inventory, ...apply }) => apply)
  const { lock: _lock, hosts: planned, ...plan } = facts.plan
  const ofHosts = [...facts.examinations].flatMap(([host, { log, ...seen }]) => [
    [`host-${host}.json`, seen] as const,
    [`host-${host}.log`, log] as const,
  ])
  return {
    'status.json': clusterStatus(facts),
    'doctor.json': diagnoseCluster(facts),
    'plan.json': { ...plan, hosts: planned.map(({ dockerOptions: _options, ...host }) => host) },
    'audit.json': audit.entries,
    'history.json': applies,
    'silent.json': Object.fromEntries(facts.silent),
    ...Object.fromEntries(ofHosts),
  }
}

async function pack(folder: string, name: string, output: string): Promise<void> {
  const result = await runTool([
    'tar',
    '-czf',
    output,
    '-C',
    folder,
    '--owner=0',
    '--group=0',
    '--mode=u=rwX,go=',
    name,
  ])
  if (result.exitCode === 0) return
  throw new UserError({ cause: `cannot write ${output}: ${result.stderr}`, remedy: 'name another file with --output' })
}
