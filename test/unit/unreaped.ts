import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

export interface Unreaped {
  readonly pid: number
  readonly startedAt: string
}

/** Ends when the shell has become another program: the shell itself would ask how its child ended. */
const SCRIPT = 'while read -r name < /proc/$$/comm && [ "$name" = sh ]; do :; done & echo $!; exec sleep 600'

/** A process that has ended and stays listed, because its parent is a program that asks after no child. */
export function useUnreaped(): () => Unreaped {
  let parent: ChildProcess
  let unreaped: Unreaped

  beforeAll(async () => {
    parent = spawn('sh', ['-c', SCRIPT], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [line] = (await once(parent.stdout as NonNullable<typeof parent.stdout>, 'data')) as [Buffer]
    const pid = Number(line.toString())
    const fields = () =>
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
    while (fields()[0] !== 'Z') await setImmediate()
    unreaped = { pid, startedAt: fields()[19] ?? '' }
  })

  afterAll(() => parent.kill())

  return () => unreaped
}
