import type { Result } from '../../base/result.ts'
import { ShapeReader } from '../../contract/json-shape.ts'
import type { Reach } from '../apply/apply-playbook.ts'
import { askHosts } from '../apply/ask-hosts.ts'
import { fieldsOf } from './examination.ts'
import type { Measured } from './matrix.ts'

export interface MeasureRequest {
  readonly group: string
  readonly hosts: readonly string[]
  /** How long each throughput is measured; 0 leaves it out. */
  readonly seconds: number
}

export interface Measurements {
  readonly measured: ReadonlyMap<string, readonly Measured[]>
  /** Why a host has measured nothing, or not all. */
  readonly troubles: ReadonlyMap<string, string>
  /** Hosts with a container on the bridge. */
  readonly containers: readonly string[]
}

/** All hosts measure at the same time. */
export async function measureHosts(reach: Reach, request: MeasureRequest): Promise<Measurements> {
  const { answers, problems } = await askHosts(reach, {
    playbook: 'measure',
    group: request.group,
    hosts: request.hosts,
    variables: { weave_measure: { seconds: request.seconds } },
  })
  const parsed = [...answers].map(([host, { value }]) => [host, parseMeasurement(value)] as const)
  const read = parsed.flatMap(([host, result]) => (result.ok ? [[host, result.value] as const] : []))
  const troubles = [
    ...[...problems].flatMap(([host, [problem]]) => (problem === undefined ? [] : [[host, problem.cause] as const])),
    ...parsed.flatMap(([host, result]) => (result.ok ? [] : [[host, result.error] as const])),
    ...read.flatMap(
      ([
        host,
        {
          troubles: [first],
        },
      ]) => (first === undefined ? [] : [[host, first] as const]),
    ),
  ]
  return {
    measured: new Map(read.map(([host, { rows }]) => [host, rows])),
    troubles: new Map(troubles),
    containers: read.filter(([, { hasContainer }]) => hasContainer).map(([host]) => host),
  }
}

interface Measurement {
  readonly rows: readonly Measured[]
  readonly troubles: readonly string[]
  readonly hasContainer: boolean
}

export function parseMeasurement(value: unknown): Result<Measurement> {
  const shape = new ShapeReader(value)
  const raw = fieldsOf(value).rows
  const numbers = Array.isArray(raw) ? raw.map(fieldsOf) : []
  const numberAt = (i: number, key: string) => {
    const found = numbers[i]?.[key]
    return typeof found === 'number' ? found : null
  }
  const rows = shape
    .list('rows', item => ({
      kind: item.text('sourceKind') === 'container' ? ('container' as const) : ('host' as const),
      to: item.text('host'),
      lossPercent: item.integer('lossPercent', 0, 100),
    }))
    .map((row, i) => ({
      ...row,
      roundTripMs: numberAt(i, 'roundTripMs'),
      mtu: numberAt(i, 'mtu'),
      megabits: numberAt(i, 'megabits'),
    }))
  const places = shape.list('places', item => item.text('kind'))
  return shape.result({ rows, troubles: shape.texts('problems'), hasContainer: places.includes('container') })
}
