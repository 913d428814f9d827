import type { Command } from 'commander'
import { EXIT_CODES } from '../../base/user-error.ts'
import { errorsOf } from '../../provision/change/review.ts'
import { type Platform, platformsOf } from '../../provision/survey/platforms.ts'
import { formatTable, printJson, printLine, printNotice } from '../output.ts'
import { reviewHosts, withHostAccess } from './host-access.ts'
import { addPlaybookOptions, type PlaybookArguments } from './playbook-options.ts'
import { counted, printFindings } from './review-view.ts'

const EXAMPLES = `
Examples:
  $ weave-provision preflight -i hosts.yml
  $ weave-provision preflight -i hosts.yml --limit web3,web4 --json

Looks at overlapping networks, kernel, Docker, tools, ports, clocks, MTU, disk and Python of all hosts, and changes nothing.
Exit codes: 0 no errors, warnings perhaps; 1 errors, or a host that cannot be asked; 2 bad input.`

export function registerPreflight(program: Command): void {
  const preflight = program
    .command('preflight')
    .description('look at the hosts for all that would stand against the overlay, each finding with its remedy')
  addPlaybookOptions(preflight).addHelpText('after', EXAMPLES).action(run)
}

async function run(options: PlaybookArguments): Promise<void> {
  await withHostAccess(options, { startsLab: false }, async access => {
    const review = await reviewHosts(access, options)
    const errors = errorsOf(review)
    if (options.json === true) {
      const platforms = platformsOf(review)
      printJson({ isFit: errors.length === 0, hosts: [...review.surveys.keys()], platforms, findings: review.findings })
    } else {
      for (const notice of review.notices) printNotice(notice)
      printLine(formatTable(HEADER, platformsOf(review).map(rowOf)))
      printLine()
      printFindings(review.findings)
      const warnings = review.findings.length - errors.length
      const hosts = counted(review.surveys.size + unreachable(review.findings), 'host')
      printLine(`${hosts} looked at: ${counted(errors.length, 'error')}, ${counted(warnings, 'warning')}.`)
    }
    process.exitCode = errors.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failure
  })
}

const HEADER = ['HOST', 'UNDERLAY', 'INIT', 'NETWORK', 'DOCKER', 'CONFIGURED BY', 'FIREWALL', 'KERNEL']

function rowOf({ host, underlayAddresses, initSystem, networkTool, ...platform }: Platform): readonly string[] {
  const { dockerVersion, dockerMethod, firewalls, kernel } = platform
  const docker = dockerVersion ?? 'none'
  const method = dockerMethod === 'default' ? 'DOCKER_OPTS' : dockerMethod
  return [
    host,
    underlayAddresses.join(','),
    initSystem,
    networkTool,
    docker,
    method,
    firewalls.join(',') || 'none',
    kernel,
  ]
}

function unreachable(findings: Awaited<ReturnType<typeof reviewHosts>>['findings']): number {
  return new Set(findings.filter(({ about }) => about === 'reach').map(({ host }) => host)).size
}
