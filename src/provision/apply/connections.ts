import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { endConnectionArgv } from '../commands/playbook-command.ts'
import { withPrivateFolder } from './private-folder.ts'

/** One SSH connection to each host for all runs of Ansible of a command: half of a short run is their making. */
export async function withSharedConnections<T>(work: (folder: string) => Promise<T>): Promise<T> {
  return withPrivateFolder(async privateFolder => {
    const folder = join(privateFolder, 'connections')
    try {
      return await work(folder)
    } finally {
      await endConnections(folder)
    }
  })
}

/** They would outlive the command, and hold on to hosts that may be gone. */
export async function endConnections(folder: string): Promise<void> {
  const ends = readdirSync(folder).map(name => {
    const [program, ...args] = endConnectionArgv(join(folder, name))
    return execa(program, args, { reject: false, timeout: 5_000 })
  })
  await Promise.all(ends)
}
