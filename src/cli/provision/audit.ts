import { type Command, InvalidArgumentError } from 'commander'
import { type AuditEntry, readAudit } from '../../provision/operate/audit.ts'
import { formatTable, printJson, printLine, printNotice } from '../output.ts'
import { withHostAccess } from './host-access.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { listed } from './review-view.ts'

const EXAMPLES = `
Examples:
  $ weave-provision audit -i hosts.yml
  $ weave-provision audit -i hosts.yml --limit web3 --tail 200 --json

Each host keeps its own log in /var/log/weave-audit.jsonl, one JSON object a line; here they are merged by time.
Exit codes: 0 done; 1 failure; 2 bad input.`

const TAIL = 20

export function registerAudit(program: Command): void {
  const audit = program.command('audit').description('who has changed what on which host')
  addPlaybookOptions(audit)
    .option('--tail <lines>', 'so many of each host', parseTail, TAIL)
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(options: PlaybookArguments & { readonly tail: number }): Promise<void> {
  await withHostAccess(options, { startsLab: false }, async ({ sources, reach, limit }) => {
    const hosts = limit.length > 0 ? limit : sources.inventory.hosts.map(({ name }) => name)
    const { entries, silent } = await readAudit(reach, { group: sources.inventory.group, hosts, tail: options.tail })
    if (silent.length > 0) printNotice(`warning: no answer from ${listed(silent)}`)
    if (options.json === true) return printJson(entries)
    if (entries.length === 0) return printLine('Nothing is in the logs.')
    printLine(formatTable(['AT', 'HOST', 'BY', 'COMMAND', 'OUTCOME', 'FILES', 'MESSAGE'], entries.map(rowOf)))
  })
}

function rowOf(entry: AuditEntry): readonly string[] {
  const text = (key: string) => String(entry[key] ?? '')
  const files = Array.isArray(entry.files) ? String(entry.files.length) : ''
  return [
    entry.at,
    entry.host,
    `${text('operator')}@${text('machine')}`,
    text('command'),
    text('outcome'),
    files,
    text('message'),
  ]
}

function parseTail(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Give a number from 1 to 9999.')
  return Number(text)
}
