import { isProvisioned, placeOf } from '../../agent/host/load-host.ts'
import { loadServices } from '../../agent/host/service-settings.ts'
import { tryCommand } from '../../agent/linux/run-command.ts'
import { overlaps, parseIpNetwork } from '../../base/ip-address.ts'
import { UserError } from '../../base/user-error.ts'
import type { CommandContext } from './context.ts'
import type { FeatureOptions } from './feature-options.ts'
import { warn } from './report.ts'
import type { ServiceOptions } from './service-options.ts'

const SHOW_ROUTES = [
  ['ip', '-json', 'route', 'show'],
  ['ip', '-json', '-6', 'route', 'show'],
] as const

type RangeOptions = Pick<ServiceOptions, 'ipallocRange'> & Pick<FeatureOptions, 'weaveBridge'>

interface RangeCheck {
  /** As `ip -json route show` prints them, one text for each family. */
  readonly routes: readonly string[]
  readonly ranges: string
  readonly bridge: string
}

/**
 * Addresses of containers that the host reaches elsewhere would be out of its reach (Weave row FLAG-12): who chose the range knows
 * what he does and is told, who got it by default is not to find out later.
 */
export function checkRanges({ paths }: CommandContext, options: RangeOptions): void {
  if (isProvisioned(paths)) return
  const { bridge, subnet } = placeOf(paths)
  const chosen = options.ipallocRange ?? loadServices(paths.services).range
  const routes = SHOW_ROUTES.map(argv => tryCommand(argv) ?? '[]')
  const problem = findOverlap({ routes, ranges: chosen ?? subnet, bridge: options.weaveBridge ?? bridge.name })
  if (problem === undefined) return
  if (chosen !== undefined) return warn(problem)
  throw new UserError({ cause: problem, remedy: 'give --ipalloc-range another range, the same one on all hosts' })
}

/** Default routes are for what nobody has, and those of the bridge are the overlay's own. */
export function findOverlap({ routes, ranges, bridge }: RangeCheck): string | undefined {
  const all = routes.flatMap(text => JSON.parse(text.trim() || '[]') as { dst: string; dev?: string }[])
  for (const text of ranges.split(',')) {
    const range = parseIpNetwork(text)
    const other = all.find(({ dst, dev }) => {
      const route = dst === 'default' || dev === bridge ? undefined : networkOf(dst)
      return route !== undefined && range.ok && overlaps(range.value, route)
    })
    if (other !== undefined)
      return `the range ${text} overlaps the route ${other.dst} of this host, by ${other.dev ?? 'no device'}`
  }
  return undefined
}

/** `ip` leaves out the prefix of a single address. */
function networkOf(text: string) {
  const whole = text.includes(':') ? 128 : 32
  const parsed = parseIpNetwork(text.includes('/') ? text : `${text}/${whole}`)
  return parsed.ok ? parsed.value : undefined
}
