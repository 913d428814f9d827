import { parseArgs } from 'node:util'
import { EXTENTS, type Extent, type ExtentName } from './extent.ts'

export interface Options {
  readonly extentName: ExtentName
  readonly extent: Extent
  /** Names of candidates; all when there is none. */
  readonly only: readonly string[]
  /** A program to compare with beside the one from apt. */
  readonly wireguardGo: string | undefined
  readonly results: string | undefined
  readonly isQuoteWanted: boolean
  readonly isWriteWanted: boolean
  readonly isHelpWanted: boolean
  /** How to measure the same again. */
  readonly command: string
}

export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      only: { type: 'string' },
      short: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      'wireguard-go': { type: 'string' },
      quote: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      results: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const lesser: ExtentName = values.short ? 'short' : 'whole'
  const extentName = values.quick ? 'quick' : lesser
  const wireguardGo = values['wireguard-go']
  const words = [
    ...(extentName === 'whole' ? [] : [`--${extentName}`]),
    ...(values.rounds === undefined ? [] : ['--rounds', values.rounds]),
    ...(values.only === undefined ? [] : ['--only', inWord(values.only)]),
    ...(wireguardGo === undefined ? [] : ['--wireguard-go', inWord(wireguardGo)]),
  ]
  return {
    extentName,
    extent: extentOf(extentName, values.rounds),
    only: values.only?.split(',') ?? [],
    wireguardGo,
    results: values.results,
    isQuoteWanted: values.quote,
    isWriteWanted: values.write,
    isHelpWanted: values.help,
    command: ['npm run bench', ...(words.length === 0 ? [] : ['--', ...words])].join(' '),
  }
}

function extentOf(name: ExtentName, wish: string | undefined): Extent {
  const extent = EXTENTS[name]
  const rounds = Number(wish ?? extent.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${wish}: a number from 1 on is wanted`)
  return { ...extent, rounds }
}

function inWord(text: string): string {
  return /^[\w,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
