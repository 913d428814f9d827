/**
 * One host of a `FastPathLab`: holds the programs in the kernel of its namespace and does what each line on standard input says, with
 * one line of JSON in answer to each. Arguments: own short id, MTU.
 */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { FastPath } from '../../../src/agent/fastpath/fast-path.ts'
import { loadPrograms } from '../../../src/agent/fastpath/kernel-maps.ts'
import { probeDatagram } from '../../../src/agent/fastpath/probe-datagram.ts'
import { ProbeSockets } from '../../../src/agent/fastpath/probe-sockets.ts'
import { loadShippedObject } from '../../../src/agent/fastpath/shipped-object.ts'
import { ensureBridge } from '../../../src/agent/linux/bridge.ts'
import { changeDevice, makePort } from '../../../src/agent/linux/change-device.ts'
import { addVxlan } from '../../../src/agent/linux/ip-commands.ts'
import { allocatePinned, deviceIndex, loadLibc } from '../../../src/agent/linux/libc.ts'
import { findDevice } from '../../../src/agent/linux/network-device.ts'
import { forgetPathMtu } from '../../../src/agent/linux/path-mtu-cache.ts'
import { runCommand } from '../../../src/agent/linux/run-command.ts'
import { openTap } from '../../../src/agent/linux/tap-device.ts'
import { VIRTIO_HEADER_BYTES } from '../../../src/agent/linux/virtio-header.ts'
import { type IpAddress, parseIpAddress } from '../../../src/base/ip-address.ts'
import { macFromNumber } from '../../../src/base/mac.ts'
import { emptyFastPathTable, type FastPathTable } from '../../../src/core/router/index.ts'
import type { HostOrder, HostTable } from './fast-path-lab.ts'

const PORT = 6784
const FRAME_BYTES = 60
/** In `struct owner` of bpf/fast-path.h. */
const SEEN_AT = 8
/** Local experimental Ethertype 1 (IEEE 802). */
const EXPERIMENTAL = 0x88b5
const self = Number(process.argv[2])
const mtu = Number(process.argv[3])
const libc = loadLibc()
const sockets = new ProbeSockets(libc)

ensureBridge({ name: 'weave', mtu, mac: undefined })
const tap = openTap(libc, 'weave-tap')
if (findDevice('weave-vx') === undefined) runCommand(addVxlan('weave-vx', PORT))
changeDevice('weave-tap', { mtu, isUp: true, master: 0, givesItselfNone: true })
const object = loadShippedObject(new URL('../../', import.meta.url))
if (object === undefined) throw new Error('the BPF object is missing')
const path = new FastPath({ libc, object, self, vxlan: 'weave-vx', tap: 'weave-tap' })
makePort('weave-vx', 'weave', { mtu, isUp: true })
say({ adopted: path.adopted.hops.size, tapFd: tap.fd })

for await (const line of createInterface({ input: process.stdin })) say((await obey(JSON.parse(line))) ?? {})

function listMacs() {
  const { count, listed } = path.macs()
  return { count, seen: listed.map(({ mac, peer }) => `${macFromNumber(mac)} behind ${peer}`).join('\n') }
}

async function obey(order: HostOrder): Promise<unknown> {
  switch (order.kind) {
    case 'apply':
      return apply(read(order.table))
    case 'counters':
      return path.counters()
    case 'macs':
      return listMacs()
    case 'age':
      return void age(order.mac, order.seconds)
    case 'bring':
      return void bring(order.from, order.to)
    case 'traffic':
      return trafficOf(order.peer)
    case 'forget':
      return { isForgotten: forgetPathMtu(libc, address(order.to)) }
    case 'probe': {
      const nonce = randomBytes(4).readUInt32LE()
      const datagram = probeDatagram({ source: self, destination: order.peer, nonce, bytes: mtu })
      sockets.send(datagram, order.to)
      for (let i = 0; i < 50; i++) {
        const answer = path.answerOf(order.peer, address(order.to))
        if (answer.nonce === nonce) return { isAnswered: true }
        await new Promise(wake => setTimeout(wake, 20))
      }
      return { isAnswered: false }
    }
  }
}

function trafficOf(peer: number): unknown {
  const { frames: framesRelayed, bytes: bytesRelayed } = path.relayedFor(peer)
  return { ...path.trafficOf(peer), framesRelayed, bytesRelayed }
}

function apply(table: FastPathTable): unknown {
  const refusal = path.apply(table)?.code
  for (const address of table.hops.values()) path.tendWayTo(address)
  return { refusal }
}

/** As if the MAC had been silent for so much longer. */
function age(mac: string, seconds: number): void {
  if (object === undefined) return
  const { maps, close } = loadPrograms(libc, object, deviceIndex(libc, 'weave-vx'))
  const key = Buffer.from(`${mac.replaceAll(':', '')}0000`, 'hex')
  const owner = maps.macs.get(key)
  if (owner === undefined) throw new Error(`nobody has ${mac}`)
  const seenAt = owner.readBigUInt64LE(SEEN_AT) - BigInt(seconds) * 1_000_000_000n
  const peer = owner.readUInt32LE()
  maps.macs.set(key, value => {
    value.writeUInt32LE(peer)
    value.writeBigUInt64LE(seenAt, SEEN_AT)
  })
  close()
}

function bring(from: string, to: string): void {
  const headerBytes = tap.offload.hasHeader ? VIRTIO_HEADER_BYTES : 0
  const { bytes, address } = allocatePinned(headerBytes + FRAME_BYTES)
  bytes.set(Buffer.from((to + from).replaceAll(':', ''), 'hex'), headerBytes)
  bytes.writeUInt16BE(EXPERIMENTAL, headerBytes + 12)
  if (libc.write(tap.fd, address, bytes.length) !== bytes.length) throw new Error(libc.errorName())
}

function read(table: HostTable): FastPathTable {
  const pairs = <V>(record: Readonly<Record<string, V>>) => Object.entries(record)
  return {
    ...emptyFastPathTable(self),
    members: new Set(table.members),
    endpoints: new Map(pairs(table.endpoints).map(([ip, peer]) => [address(ip), peer])),
    hops: new Map(pairs(table.hops).map(([peer, ip]) => [Number(peer), address(ip)])),
    trees: new Map(
      pairs(table.trees).map(([source, { parent, children }]) => [
        Number(source),
        { parent, children: children.map(address) },
      ]),
    ),
    puntsFloods: table.puntsFloods,
  }
}

function address(ip: string): IpAddress {
  const parsed = parseIpAddress(ip)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}

function say(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
