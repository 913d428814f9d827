import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Argument, type Command } from 'commander'
import { answerCni, CNI_PLUGINS, type CniPlugin } from '../../agent/cni/cni-plugin.ts'
import { setupCni } from '../../agent/cni/setup-cni.ts'
import { isRouterRunning } from '../../agent/http/control-client.ts'
import { containerTools } from './container-tools.ts'
import type { CommandContext } from './context.ts'
import { AS_JSON, type FormatOptions, print, printAs, warn } from './report.ts'

const PLUGIN_FOLDER = 'opt/cni/bin'
const CONFIG_FOLDER = 'etc/cni/net.d'

/** For runtimes that use CNI: the plugins, and what installs them. */
export function registerCniCommands(program: Command, context: CommandContext): void {
  program
    .command('setup-cni')
    .description('install the CNI plugins weave-net and weave-ipam, and their configuration')
    .option('--no-hairpin', 'do not let a container reach itself by an address of a service')
    .option(...AS_JSON)
    .action((options: FormatOptions & { hairpin: boolean }) => {
      const pluginFolder = installPlugins(context, options.hairpin)
      printAs(options, { installed: CNI_PLUGINS.map(plugin => join(pluginFolder, plugin)) }, '')
    })
  program
    .command('setup')
    .description(
      'set up what containers need before the router runs: the CNI plugins, where the host has their folders',
    )
    .action(() => {
      const folders = [join(context.root, PLUGIN_FOLDER), join(context.root, CONFIG_FOLDER)]
      if (folders.every(existsSync)) installPlugins(context, true)
      else warn(`no CNI plugins installed: ${folders.join(' or ')} is not there, so no runtime looks for them`)
    })
  program
    .command('cni', { hidden: true })
    .description('be a CNI plugin: what its links in the folder of the plugins call')
    .addArgument(new Argument('<plugin>').choices(CNI_PLUGINS))
    .action(async (plugin: CniPlugin) => {
      const call = { environment: process.env, text: await text(process.stdin) }
      const { controlSocket, state } = context.paths
      const isRunning = () => isRouterRunning(controlSocket)
      const options = { tools: containerTools(context), stateFolder: state, isRouterRunning: isRunning }
      const reply = await answerCni(plugin, call, options)
      if (reply.text !== '') print(`${reply.text}\n`)
      process.exitCode = reply.exitCode
    })
}

/** Gives the folder that they are in. */
function installPlugins(context: CommandContext, hairpin: boolean): string {
  const pluginFolder = process.env.WEAVE_CNI_PLUGIN_DIR ?? join(context.root, PLUGIN_FOLDER)
  setupCni({
    program: join(context.root, 'usr/local/bin/weave'),
    pluginFolder,
    configFolder: join(context.root, CONFIG_FOLDER),
    hairpin: hairpin && process.env.HAIRPIN_MODE !== 'false',
  })
  return pluginFolder
}
