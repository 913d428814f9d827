import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseOptions } from '../../../bench/compare/options.ts'
import { describeRevision } from '../../../bench/compare/revision.ts'

describe('the command that a comparison is said to be of', () => {
  it('measures the same again', () => {
    expect(parseOptions([]).command).toBe('npm run bench')
    expect(parseOptions(['--short']).command).toBe('npm run bench -- --short')
    const args = ['--quick', '--rounds', '2', '--only', 'sleeve,fast path', '--wireguard-go', '/tmp/wireguard-go']
    const { command, extentName, extent, only, wireguardGo } = parseOptions(args)
    expect(command).toBe(
      "npm run bench -- --quick --rounds 2 --only 'sleeve,fast path' --wireguard-go /tmp/wireguard-go",
    )
    expect({ extentName, rounds: extent.rounds, only, wireguardGo }).toEqual({
      extentName: 'quick',
      rounds: 2,
      only: ['sleeve', 'fast path'],
      wireguardGo: '/tmp/wireguard-go',
    })
  })

  it('says nothing of where results go', () => {
    expect(parseOptions(['--short', '--write', '--results', '/tmp/x']).command).toBe('npm run bench -- --short')
  })

  it('has at least one round', () => {
    expect(() => parseOptions(['--rounds', '0'])).toThrow('a number from 1 on is wanted')
  })
})

describe('the commit that a comparison is said to be of', () => {
  it('is left out where git knows none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'revision-'))
    try {
      expect(describeRevision(folder)).toBeUndefined()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
