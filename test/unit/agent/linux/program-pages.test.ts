import { readFileSync } from 'node:fs'
import { loadLibc } from '../../../../src/agent/linux/libc.ts'
import { releaseProgramPages, unchangedMappings } from '../../../../src/agent/linux/program-pages.ts'

const PROGRAM = '/opt/weave/runtime/bin/node'

describe('the pages of the program', () => {
  it('are those of its file that are mapped read-only and were never changed', () => {
    const smaps = [
      mapping('00400000-00746000', 'r--p', PROGRAM, 0),
      mapping('0074a000-03044000', 'r-xp', PROGRAM, 0),
      mapping('06b52000-06b56000', 'r--p', PROGRAM, 8),
      mapping('06b56000-06b7d000', 'rw-p', PROGRAM, 0),
      mapping('7f0000000000-7f0000001000', 'r-xp', '/usr/lib/x86_64-linux-gnu/libc.so.6', 0),
      mapping('7f0000002000-7f0000003000', 'r-xp', '', 0),
    ].join('')
    expect(unchangedMappings(smaps, PROGRAM)).toEqual([
      { start: 0x400000, length: 0x346000 },
      { start: 0x74a000, length: 0x28fa000 },
    ])
  })

  it('leave the memory of the process, which goes on', () => {
    const before = residentFileKilobytes()
    releaseProgramPages(loadLibc())
    expect(residentFileKilobytes()).toBeLessThan(before)
    expect(JSON.parse('{"still":["here"]}')).toEqual({ still: ['here'] })
  })
})

function mapping(range: string, access: string, path: string, anonymous: number): string {
  const head = `${range} ${access} 00000000 fe:00 5317838                            ${path}\n`
  return `${head}Rss:                3352 kB\nAnonymous:             ${anonymous} kB\nSwap:                  0 kB\nVmFlags: rd mr mw me\n`
}

function residentFileKilobytes(): number {
  return Number(/RssFile:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}
