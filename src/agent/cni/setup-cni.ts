import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../../base/user-error.ts'
import { createFile } from '../host/atomic-file.ts'
import { sweepTemporaries, temporaryPath } from '../host/temporary-file.ts'
import { CNI_PLUGINS } from './cni-plugin.ts'

const CONFIG_NAME = '10-weave.conflist'
const OLD_CONFIG_NAME = '10-weave.conf'

export interface CniSetup {
  /** The host's command: told by its name, as which it was called, what to be. */
  readonly program: string
  readonly pluginFolder: string
  readonly configFolder: string
  readonly hairpin: boolean
}

/** Installs the plugins and, where there is none, their configuration (Weave row CLI-02). Repeatable. */
export function setupCni({ program, pluginFolder, configFolder, hairpin }: CniSetup): void {
  for (const folder of [pluginFolder, configFolder]) {
    if (existsSync(folder)) continue
    const remedy = `install a container runtime that uses CNI, or make the folder: mkdir -p ${folder}`
    throw new UserError({ cause: `there is no folder ${folder}`, remedy })
  }
  for (const plugin of CNI_PLUGINS) replaceLink(join(pluginFolder, plugin), program)
  rmSync(join(configFolder, OLD_CONFIG_NAME), { force: true })
  mkdirSync(configFolder, { recursive: true })
  createFile(join(configFolder, CONFIG_NAME), configText(hairpin), 0o644)
}

export function configText(hairpin: boolean): string {
  const plugins = [
    { name: 'weave', type: 'weave-net', hairpinMode: hairpin },
    { type: 'portmap', capabilities: { portMappings: true }, snat: true },
  ]
  return `${JSON.stringify({ cniVersion: '1.0.0', name: 'weave', plugins }, null, 2)}\n`
}

/** A runtime that looks meanwhile finds the old one or this one. */
function replaceLink(path: string, target: string): void {
  const temporary = temporaryPath(path)
  sweepTemporaries(dirname(path))
  symlinkSync(target, temporary)
  renameSync(temporary, path)
}
