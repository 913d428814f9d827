import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { JOURNAL_ENTRIES_MAX, Journal } from '../../../../src/agent/journal/journal.ts'
import { formatEntry } from '../../../../src/agent/journal/journal-entry.ts'
import { JournalFile, readJournal } from '../../../../src/agent/journal/journal-file.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

describe('the journal', () => {
  const folder = useTemporaryFolder()

  it('keeps what operators would care about, and passes everything on to the log', () => {
    const { journal, logged } = create()
    journal.write('debug', 'record refused')
    journal.write('info', 'link up', { peer: 2 })
    expect(logged).toEqual(['record refused', 'link up'])
    expect(journal.last(10).map(({ event, fields }) => [event, fields])).toEqual([['link up', { peer: 2 }]])
  })

  it('is there after a restart, without the line that a crash has cut short', () => {
    const { journal, path } = create()
    journal.write('info', 'one')
    journal.write('warn', 'two')
    appendFileSync(path, '{"at":"2026-0')
    expect(
      create()
        .journal.last(10)
        .map(entry => entry.event),
    ).toEqual(['one', 'two'])
  })

  it('is for root alone', () => {
    const { journal, path } = create()
    journal.write('info', 'one')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('keeps no more than it says, on disk and in memory', () => {
    const { journal, path } = create()
    const reason = 'x'.repeat(1000)
    for (let i = 0; i < 2500; i++) journal.write('info', 'link down', { reason, i })
    expect(journal.last(JOURNAL_ENTRIES_MAX + 1).length).toBeLessThanOrEqual(2 * JOURNAL_ENTRIES_MAX)
    expect(journal.last(1)[0]?.fields.i).toBe(2499)
    for (const name of [path, `${path}.1`]) expect(statSync(name).size).toBeLessThanOrEqual(1024 * 1024)
    expect(readFileSync(path, 'utf8')).toContain('"i":2499')
  })

  it('goes on in memory when the disk takes nothing, and says so once', () => {
    const { journal, path, logged } = create()
    rmSync(path, { force: true })
    mkdirSync(path)
    journal.write('info', 'one')
    journal.write('info', 'two')
    expect(logged).toEqual(['one', 'journal not written', 'two'])
    expect(journal.last(10).map(entry => entry.event)).toEqual(['one', 'two'])
  })

  it('loses no entry but the one of which a full disk took a part only', () => {
    const path = join(folder(), 'events.jsonl')
    let isFull = false
    const file = new JournalFile(path, (to, line) => {
      appendFileSync(to, isFull ? String(line).slice(0, 10) : line)
      if (isFull) throw new Error('ENOSPC: no space left on device, write')
    })
    const append = (event: string) => file.append({ at: '2026-05-04T03:00:00.000Z', level: 'info', event, fields: {} })
    append('one')
    isFull = true
    expect(() => append('two')).toThrow('ENOSPC')
    isFull = false
    append('three')
    expect(readJournal(path, 10).map(({ event }) => event)).toEqual(['one', 'three'])
  })

  it('tells its followers what happens, until they go', async () => {
    const { journal } = create()
    const gone = new AbortController()
    const heard: string[] = []
    const following = hear(journal.follow(gone.signal), heard)
    journal.write('info', 'one')
    journal.write('info', 'two')
    await flushed()
    expect(heard).toEqual(['one', 'two'])
    gone.abort()
    await following
    journal.write('info', 'three')
    expect(heard).toEqual(['one', 'two'])
  })

  it('lets a follower go that does not read', async () => {
    const { journal } = create()
    const iterator = journal.follow(new AbortController().signal)?.[Symbol.asyncIterator]()
    for (let i = 0; i < 1001; i++) journal.write('info', 'link up')
    const { done } = (await iterator?.next()) ?? {}
    expect(done).toBe(true)
  })

  it('has a limit of followers', () => {
    const { journal } = create()
    const { signal } = new AbortController()
    const all = Array.from({ length: 17 }, () => journal.follow(signal))
    expect(all.map(follower => follower !== undefined)).toEqual([...Array(16).fill(true), false])
  })

  it('gives the events since a time', () => {
    const { journal } = create()
    for (const event of ['one', 'two', 'three']) journal.write('info', event)
    expect(journal.last(10, '2026-05-04T03:00:02.000Z').map(entry => entry.event)).toEqual(['two', 'three'])
  })

  function create(): { journal: Journal; path: string; logged: string[] } {
    const path = join(folder(), 'state', 'events.jsonl')
    const logged: string[] = []
    let seconds = 0
    const clock = () => new Date(Date.UTC(2026, 4, 4, 3, 0, ++seconds))
    const log = { write: (_: string, message: string) => void logged.push(message) }
    return { journal: new Journal({ path, log, clock }), path, logged }
  }
})

describe('an entry', () => {
  it('is one line, whatever a peer has put into a field', () => {
    const fields = { peer: 2, reason: 'peer said: x\n2026-05-04 error all is lost' }
    const line = formatEntry({ at: '2026-05-04T03:00:00.000Z', level: 'warn', event: 'link down', fields })
    expect(line).toBe(
      '2026-05-04T03:00:00.000Z warn  link down peer=2 reason="peer said: x\\n2026-05-04 error all is lost"\n',
    )
  })
})

async function hear(entries: AsyncIterable<{ event: string }> | undefined, heard: string[]): Promise<void> {
  for await (const { event } of entries ?? []) heard.push(event)
}

function flushed(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
