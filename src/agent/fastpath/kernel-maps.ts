import { readFileSync } from 'node:fs'
import { assert } from '../../base/assert.ts'
import { BpfCalls } from '../linux/bpf/bpf-calls.ts'
import { BpfMap } from '../linux/bpf/bpf-map.ts'
import { type BpfObject, bindMaps, type MapDefinition } from '../linux/bpf/bpf-object.ts'
import { findFilter } from '../linux/bpf/tc-filter.ts'
import type { Libc } from '../linux/libc.ts'

const PERCPU_ARRAY = 6

/** The maps of the fast path by their names without `weave_`. */
export interface KernelMaps {
  readonly config: BpfMap
  readonly macs: BpfMap
  readonly hops: BpfMap
  readonly trees: BpfMap
  readonly endpoints: BpfMap
  readonly addresses: BpfMap
  readonly handles: BpfMap
  readonly answers: BpfMap
  readonly sealed: BpfMap
  readonly traffic: BpfMap
  readonly relayed: BpfMap
  readonly counters: BpfMap
}

export interface LoadedPrograms {
  readonly maps: KernelMaps
  /** File descriptors by the names of programs. */
  readonly programs: ReadonlyMap<string, number>
  /** Whether the maps are those of an earlier agent, with all that is in them. */
  readonly isAdopted: boolean
  close(): void
}

/** Loads the programs over the maps that an earlier agent has left on the device, if they can be adopted; else all are made anew. */
export function loadPrograms(libc: Libc, object: BpfObject, device: number): LoadedPrograms {
  const calls = new BpfCalls(libc)
  const left = findMaps(libc, calls, device)
  const isAdopted = canAdopt(left, object.maps)
  const fds = new Map<string, number>()
  for (const definition of object.maps) {
    const adopted = isAdopted ? left.get(definition.name) : undefined
    if (adopted !== undefined) left.delete(definition.name)
    fds.set(definition.name, adopted?.fd ?? calls.createMap(definition))
  }
  for (const { fd } of left.values()) calls.close(fd)
  const programs = new Map(
    object.programs.map(program => [
      program.name,
      calls.loadProgram(program.name, bindMaps(program, fds), object.license),
    ]),
  )
  const close = () => {
    for (const fd of [...fds.values(), ...programs.values()]) calls.close(fd)
  }
  return { maps: openMaps(calls, object.maps, fds), programs, isAdopted, close }
}

/** A map of an earlier agent. */
interface LeftMap {
  readonly fd: number
  readonly info: MapForm
}

type MapForm = Omit<MapDefinition, 'name' | 'flags'>

/** Whether all that both releases have is of the same form, by name. What the earlier one did not have is empty at first. */
export function canAdopt(
  left: ReadonlyMap<string, { readonly info: MapForm }>,
  maps: readonly MapDefinition[],
): boolean {
  const isSame = ({ name, ...form }: MapDefinition) => formOf(left.get(name)?.info ?? form) === formOf(form)
  return left.size > 0 && maps.every(isSame)
}

/** Maps of the programs that are attached to the device, by name. */
function findMaps(libc: Libc, calls: BpfCalls, device: number): Map<string, LeftMap> {
  const found = new Map<string, LeftMap>()
  for (const [direction, name] of [
    ['ingress', 'from_underlay'],
    ['egress', 'to_underlay'],
  ] as const) {
    const id = findFilter(libc, { device, direction }, name)
    for (const fd of id === undefined ? [] : calls.mapsOfProgram(id)) {
      const info = calls.mapInfo(fd)
      if (found.has(info.name)) calls.close(fd)
      else found.set(info.name, { fd, info })
    }
  }
  return found
}

function formOf(map: MapForm): string {
  return [map.type, map.keyBytes, map.valueBytes, map.entriesMax].join()
}

function openMaps(
  calls: BpfCalls,
  definitions: readonly MapDefinition[],
  fds: ReadonlyMap<string, number>,
): KernelMaps {
  const cpus = countCpus(readFileSync('/sys/devices/system/cpu/possible', 'utf8'))
  const open = (name: keyof KernelMaps): BpfMap => {
    const definition = definitions.find(candidate => candidate.name === `weave_${name}`)
    const fd = fds.get(`weave_${name}`)
    assert(definition !== undefined && fd !== undefined, `the object defines the map weave_${name}`)
    const { keyBytes, valueBytes, type } = definition
    const perCpu = Math.ceil(valueBytes / 8) * 8 * cpus
    return new BpfMap(calls, fd, { keyBytes, valueBytes: type === PERCPU_ARRAY ? perCpu : valueBytes })
  }
  return {
    config: open('config'),
    macs: open('macs'),
    hops: open('hops'),
    trees: open('trees'),
    endpoints: open('endpoints'),
    addresses: open('addresses'),
    handles: open('handles'),
    answers: open('answers'),
    sealed: open('sealed'),
    traffic: open('traffic'),
    relayed: open('relayed'),
    counters: open('counters'),
  }
}

/** `list`: as in `0-3,8-11`. */
export function countCpus(list: string): number {
  const highest = list.trim().split(/[,-]/).map(Number)
  return Math.max(...highest) + 1
}
