import type { KernelMaps } from '../../../src/agent/fastpath/kernel-maps.ts'
import { writeConfig, writeHop, writeTree } from '../../../src/agent/fastpath/map-values.ts'
import type { BpfMap } from '../../../src/agent/linux/bpf/bpf-map.ts'
import { PEERS, type World } from './judged-frame.ts'

const KEYS_MAX = 1000

export function emptyWorld(maps: KernelMaps): void {
  for (const map of [maps.macs, maps.trees, maps.endpoints, maps.addresses, maps.handles]) empty(map)
  for (const peer of PEERS) {
    maps.hops.set(peer, value => value.fill(0))
    for (const way of [maps.answers, maps.sealed]) way.set(peer, value => value.fill(0))
  }
}

/** `start`: the time from which the world reckons. */
export function writeWorld(maps: KernelMaps, world: World, start: number): void {
  maps.config.set(0, value => writeConfig(value, world.config))
  for (const { peer, ...hop } of world.hops) maps.hops.set(peer, value => writeHop(value, hop))
  for (const { address, peer } of world.endpoints) maps.endpoints.set(address, value => value.writeUInt32LE(peer))
  for (const { source, ...tree } of world.trees) maps.trees.set(source, value => writeTree(value, tree))
  for (const { handle, address } of world.handles) {
    maps.addresses.set(handle, value => value.write(address, 'hex'))
    maps.handles.set(Buffer.from(address, 'hex'), value => value.writeUInt32LE(handle))
  }
  for (const { mac, peer, generation, seenAt } of world.macs) {
    maps.macs.set(macKey(mac), value => {
      value.writeUInt32LE(peer, 0)
      value.writeUInt32LE(generation, 4)
      value.writeBigUInt64LE(BigInt(start + seenAt), 8)
    })
  }
}

export function macOfKey(key: Buffer): string {
  return key.toString('hex', 0, 6)
}

function macKey(mac: string): Buffer {
  return Buffer.from(`${mac}0000`, 'hex')
}

function empty(map: BpfMap): void {
  const keys: Buffer[] = []
  map.walk(key => keys.push(Buffer.from(key)), KEYS_MAX)
  for (const key of keys) map.delete(key)
}
