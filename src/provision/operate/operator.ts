import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import type { Result } from '../../base/result.ts'
import { ShapeReader } from '../../contract/json-shape.ts'
import { processMark } from '../lock/process-start.ts'

/** Who changes the cluster. It is told to other operators: nothing secret is in it. */
export interface Operator {
  readonly id: string
  readonly operator: string
  readonly machine: string
  /** `PID` and the start time of the process: a later process with the same number is another. */
  readonly process: string
  readonly command: string
  readonly message: string
}

/** What a host says of the lock. */
export interface HostLock {
  readonly state: 'free' | 'held' | 'taken' | 'released' | 'lost'
  readonly id: string
  readonly operator: string
  readonly machine: string
  readonly process: string
  readonly command: string
  readonly message: string
  readonly ageSeconds: number
  readonly renewedSeconds: number
  readonly isStale: boolean
}

const STATES = ['free', 'held', 'taken', 'released', 'lost'] as const

export function currentOperator(command: string, message = ''): Operator {
  return {
    id: randomBytes(8).toString('hex'),
    operator: process.env.SUDO_USER || userInfo().username,
    machine: hostname(),
    process: processMark(process.pid) ?? '',
    command,
    message,
  }
}

export function parseHostLock(value: unknown): Result<HostLock> {
  const shape = new ShapeReader(value)
  const text = shape.text('state')
  const state = STATES.find(one => one === text)
  shape.check(state !== undefined, `state '${text}' is not known`)
  const isPresent = typeof value === 'object' && value !== null && 'id' in value
  return shape.result({
    state: state ?? 'free',
    id: isPresent ? shape.text('id') : '',
    operator: isPresent ? shape.text('operator') : '',
    machine: isPresent ? shape.text('machine') : '',
    process: isPresent ? shape.text('process') : '',
    command: isPresent ? shape.text('command') : '',
    message: isPresent ? shape.text('message') : '',
    ageSeconds: isPresent ? shape.integer('ageSeconds', -(2 ** 40), 2 ** 40) : 0,
    renewedSeconds: isPresent ? shape.integer('renewedSeconds', -(2 ** 40), 2 ** 40) : 0,
    isStale: isPresent ? shape.flag('isStale') : false,
  })
}

export function describeHolder(lock: HostLock): string {
  const why = lock.message === '' ? '' : `, "${lock.message}"`
  return `${lock.operator} on ${lock.machine} (${lock.command}${why}), for ${duration(lock.ageSeconds)}, renewed ${duration(lock.renewedSeconds)} ago`
}

export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, seconds)} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
