/**
 * `npm run bench:provision:up [-- HOSTS]`, as root: how long `up` takes on bare hosts of a lab and when nothing has changed, beside
 * `ansible-playbook` with the same roles on the same hosts. The second `up` reads one fingerprint of each host instead of running
 * every task. Exit code 1 when ten hosts miss a goal.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execa } from 'execa'
import { labOfInventory } from '../src/cli/provision/lab-of-inventory.ts'

const CLI = resolve('bin/weave-provision.mjs')
const count = Number(process.argv[2] ?? 10)

/** Seconds, for ten hosts. */
const GOALS = { bare: 60, again: 10 }
const GOAL_HOSTS = 10

const folder = mkdtempSync(join(tmpdir(), 'bench-up-'))
const inventory = join(folder, 'lab')
const password = join(folder, 'password')
try {
  prepare()
  await provision('lab', 'up')
  const bare = await timed(() => provision('up'))
  const again = await timed(() => provision('up'))
  await provision('down', '--yes')
  const plainBare = await timed(plainPlaybook)
  const plainAgain = await timed(plainPlaybook)
  say('up', bare, again)
  if (count === GOAL_HOSTS) {
    const isReached = bare <= GOALS.bare && again <= GOALS.again
    process.stdout.write(`goals ${GOALS.bare} s and ${GOALS.again} s: ${isReached ? 'reached' : 'missed'}\n`)
    process.exitCode = isReached ? 0 : 1
  }
  say('ansible-playbook with the same roles', plainBare, plainAgain)
} finally {
  await provision('lab', 'down', '--wipe')
  rmSync(folder, { recursive: true, force: true })
}

function prepare(): void {
  mkdirSync(join(inventory, 'group_vars'), { recursive: true })
  const hosts = Array.from({ length: count }, (_, i) => {
    const address = `10.77.1.${i + 11}`
    const lab = `{ class: systemd, networks: { left: ${address} } }`
    return `    host${i + 1}: { ansible_host: ${address}, weave_lab_host: ${lab} }`
  })
  writeFileSync(join(inventory, 'hosts.yml'), `weave:\n  hosts:\n${hosts.join('\n')}\n`)
  const network = 'left: { subnet: 10.77.1.0/24, control: 10.77.1.1 }'
  const settings = `ansible_user: root\nansible_python_interpreter: /usr/bin/python3\nweave_lab: { networks: { ${network} } }\n`
  writeFileSync(join(inventory, 'group_vars', 'weave.yml'), settings)
  writeFileSync(password, 'bench\n', { mode: 0o600 })
}

async function provision(command: string, ...words: readonly string[]): Promise<void> {
  const argv =
    command === 'lab'
      ? ['lab', words[0] ?? '', '-i', inventory, ...words.slice(1)]
      : [command, '-i', inventory, ...words]
  await execa(process.execPath, [CLI, ...argv], { stdin: 'ignore', env: { ANSIBLE_VAULT_PASSWORD_FILE: password } })
}

async function plainPlaybook(): Promise<void> {
  const lab = await labOfInventory(inventory)
  const [command = '', ...prefix] = lab.controlPrefix()
  const words = [
    'ansible-playbook',
    '-i',
    inventory,
    ...lab.ansibleArguments(),
    '--forks',
    '25',
    resolve('playbooks/up.yml'),
  ]
  const env = { ANSIBLE_VAULT_PASSWORD_FILE: password, ANSIBLE_PIPELINING: '1' }
  await execa(command, [...prefix, ...words], { stdin: 'ignore', env })
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

function say(what: string, bare: number, again: number): void {
  process.stdout.write(`${what}, ${count} hosts: bare ${bare.toFixed(1)} s, nothing changed ${again.toFixed(1)} s\n`)
}
