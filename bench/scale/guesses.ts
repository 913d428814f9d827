import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONTROL_PORT } from '../../src/contract/ports.ts'
import { AgentLab } from '../../test/system/agent/agent-lab.ts'

const PASSWORD = 'first-kw93-tessellate-orchard'
const ROUTER = { name: 'a', shortId: 1, address: '10.91.1.1', targets: [] }
const STRANGER = { name: 'b', shortId: 2, address: '10.91.1.2', targets: [] }
const PROGRAM = join(import.meta.dirname, 'guessing-stranger.ts')

/** Guesses that a router which was launched with a password tests for one connection of a stranger. */
export async function countGuesses(): Promise<number> {
  const lab = await AgentLab.create({ hosts: [ROUTER, STRANGER], wires: [['a 10.91.1.1/24', 'b 10.91.1.2/24']] })
  try {
    for (const folder of ['etc', 'var']) rmSync(join(lab.rootOf(ROUTER.name), folder), { recursive: true, force: true })
    const file = join(lab.folder, 'password')
    writeFileSync(file, `${PASSWORD}\n`, { mode: 0o600 })
    succeed(await lab.weave(ROUTER.name, 'launch', '--password-file', file))
    const guess = [process.execPath, '--disable-warning=ExperimentalWarning', PROGRAM]
    return Number(succeed(await lab.on(STRANGER.name, ...guess, ROUTER.address, String(CONTROL_PORT))))
  } finally {
    await lab.weave(ROUTER.name, 'stop')
    await lab.dispose()
  }
}

function succeed({ exitCode, stdout, stderr }: Awaited<ReturnType<AgentLab['on']>>): string {
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`)
  return stdout
}
