import { type Command, InvalidArgumentError } from 'commander'
import { EXIT_CODES, UserError } from '../../base/user-error.ts'
import { printJson, printLine } from '../output.ts'
import { lookAtCluster } from './cluster-look.ts'
import { withHostAccess } from './host-access.ts'
import { addPlaybookOptions, checkLimit, type PlaybookArguments } from './playbook-options.ts'

const EXAMPLES = `
Examples:
  $ weave-provision logs web3 -i hosts.yml
  $ weave-provision logs web3 -i hosts.yml --tail 500

What the router of the host has written, wherever its init system keeps it. Exit codes: 0 done; 1 failure; 2 bad input.`

const TAIL = 50

export function registerLogs(program: Command): void {
  const logs = program.command('logs').description("show the end of a host's router log")
  addPlaybookOptions(logs)
    .argument('<host>', 'its name in the inventory')
    .option('--tail <lines>', 'so many lines', parseTail, TAIL)
    .addHelpText('after', EXAMPLES)
    .action(run)
}

async function run(host: string, options: PlaybookArguments & { readonly tail: number }): Promise<void> {
  await withHostAccess({ ...options, limit: [host] }, { startsLab: false }, async access => {
    checkLimit(
      [host],
      access.sources.inventory.hosts.map(({ name }) => name),
    )
    const { facts } = await lookAtCluster(access, 'status', options.tail)
    const seen = facts.examinations.get(host)
    if (seen === undefined) {
      const cause = `${host} cannot be asked: ${facts.silent.get(host)}`
      throw new UserError(
        { cause, remedy: `'ansible -m ping ${host}' shows what stands in the way` },
        EXIT_CODES.failure,
      )
    }
    const lines = seen.log.split('\n').filter(line => line !== '')
    if (options.json === true) return printJson({ host, lines })
    for (const line of lines) printLine(line)
  })
}

function parseTail(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Give a number from 1 to 99999.')
  return Number(text)
}
