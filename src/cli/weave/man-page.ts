import type { Command } from 'commander'
import { AGENT_VERSION } from '../../agent/version.ts'
import { HOST_PATHS } from '../../contract/host-paths.ts'
import { type ManualPage, manualPage } from '../help/manual-page.ts'
import { OLD_COMMANDS } from './old-spellings.ts'
import { print } from './report.ts'

const PAGE: ManualPage = {
  section: 8,
  version: AGENT_VERSION,
  exitCodes: [
    ['0', 'What was asked for is done.'],
    ['1', 'It could not be done, or the words were not understood. Cause and remedy are on standard error.'],
    ['2', 'What was given is wrong; or the router, or the container, does not run.'],
    ['3', 'The router runs already.'],
    ['4', 'The router has no such thing: names while it answers none, addresses while it hands out none.'],
  ],
  environment: [
    ['WEAVE_PASSWORD', 'What peers must know. Better in a file: --password-file.'],
    ['WEAVE_PORT', 'Stands for --port.'],
    ['WEAVE_HTTP_ADDR', 'Stands for --http-addr.'],
    ['WEAVE_STATUS_ADDR', 'Stands for --status-addr.'],
    ['WEAVE_METRICS_ADDR', 'Stands for --metrics-addr.'],
    ['WEAVE_MTU', 'Stands for --mtu.'],
    ['WEAVE_NO_FASTDP', 'Stands for --no-fastdp.'],
    ['WEAVE_CIDR', 'Of a container that is made through the proxy: its addresses, or none.'],
    ['DOCKER_HOST', 'Where Docker is asked, when it is a unix socket of this host.'],
    ['ORIG_DOCKER_HOST', 'What DOCKER_HOST was before `weave env`: what --restore brings back.'],
    ['WEAVE_CNI_PLUGIN_DIR', 'Of setup-cni: where the plugins go.'],
    ['HAIRPIN_MODE', 'Of setup-cni: false stands for --no-hairpin.'],
    ['WEAVE_DEBUG', '1 shows where in the program an unexpected failure came about.'],
  ],
  oldNames: Object.entries(OLD_COMMANDS),
  files: [
    [HOST_PATHS.agentConfig, 'What the provisioner says of this host.'],
    [HOST_PATHS.state, 'What the router keeps over restarts; for root alone.'],
    [HOST_PATHS.controlSocket, 'Where the router is asked; for root alone.'],
    [HOST_PATHS.proxySocket, 'The proxy for Docker.'],
  ],
  seeAlso: ['weave-provision(1)', 'docker(1)', 'bridge(8)'],
}

/** For those who build releases: the page is shipped as a file. */
export function registerManPage(program: Command): void {
  program
    .command('manual', { hidden: true })
    .description('print the manual page')
    .action(() => print(weaveManPage(program)))
}

export function weaveManPage(program: Command): string {
  return manualPage(program, PAGE)
}
