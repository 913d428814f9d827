import { setPriority } from 'node:os'
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { assertNever } from '../../base/assert.ts'
import { createNodeCipher } from '../../core/router/index.ts'
import { EventFd } from '../linux/event-fd.ts'
import { loadLibc } from '../linux/libc.ts'
import { describeKept, type KeptCode } from '../runtime/kept-code.ts'
import { createEvpCipher } from './evp-cipher.ts'
import type { DataPathEvent, DataPathOrder, DataPathStart } from './messages.ts'
import { PacketPump } from './packet-pump.ts'
import type { PumpOptions } from './pump-options.ts'
import { loadRecordRun } from './record-run.ts'
import { Rehearsal } from './rehearsal.ts'

const SLOW_CIPHER =
  'the runtime exports no OpenSSL functions: datagrams are sealed by node:crypto, at about a sixth of the speed'

const NICENESS = -10
/** Between the threads, of datagrams that a control link is to carry. */
const WAITING_BYTES_MAX = 1024 * 1024
const NO_PRECEDENCE =
  'no permission to go before other processes: frames wait longer while the host is busy (CAP_SYS_NICE)'

/**
 * The data path's thread, from start to stop. Never yields to Node: orders are taken when the wake descriptor says so. `keepCode` is
 * called once the start is over.
 */
export function runDataPath(start: DataPathStart, port: MessagePort, keepCode: () => KeptCode): void {
  const tell = (event: DataPathEvent) => port.postMessage(event)
  tell({ kind: 'loaded' })
  const libc = loadLibc()
  const wake = new EventFd(libc, start.wakeFd)
  const { cipher, cipherName } = openCipher(tell)
  takePrecedence(tell)
  const rehearsal = new Rehearsal({ libc, cipher, offload: start.tap.offload, family: start.udp.family, clock })
  const pump = new PacketPump({
    libc,
    cipher,
    tap: start.tap,
    udp: start.udp,
    promptFd: start.promptFd,
    wakeFd: start.wakeFd,
    wanted: peer => tell({ kind: 'wanted', peer }),
    filled: peer => tell({ kind: 'filled', peer }),
    worn: () => tell({ kind: 'worn' }),
    atWork: () => tell({ kind: 'at-work' }),
    probed: (peer, heard) => tell({ kind: 'probed', peer, ...heard }),
    carry: carryWithin(start.waitingBytes, tell),
    clock,
    gathers: true,
  })
  const reason = pump.run(() => {
    wake.clear()
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      obey(next.message as DataPathOrder)
    }
  })
  if (reason !== undefined) tell({ kind: 'failed', reason })
  port.close()

  function obey(order: DataPathOrder): void {
    switch (order.kind) {
      case 'table':
        return pump.forwarder.apply(order.table)
      case 'probe':
        return sendProbe(pump, order, tell)
      case 'path-size':
        return pump.forwarder.resizePath(order.peer, order.datagramBytes)
      case 'carried':
        return pump.carried(order.neighbour, order.datagramBytes, order.bytes)
      case 'keep-code':
        return tell({ kind: 'log', level: 'debug', message: describeKept('data path', keepCode()) })
      case 'rehearse':
        return rehearse(rehearsal, tell)
      case 'ask':
        return tell({ kind: 'report', report: { cipher: cipherName, offload: start.tap.offload, ...countsOf(pump) } })
      case 'ask-macs':
        return tell({ kind: 'macs', macs: pump.forwarder.macs.list(clock()) })
      case 'stop':
        return pump.stop()
      default:
        assertNever(order)
    }
  }
}

/** Has a control link carry datagrams, as long as few wait for it. */
function carryWithin(waitingBytes: Int32Array, tell: (event: DataPathEvent) => void): PumpOptions['carry'] {
  return (neighbour, datagramBytes, bytes) => {
    if (Atomics.load(waitingBytes, 0) + bytes.length > WAITING_BYTES_MAX) return false
    Atomics.add(waitingBytes, 0, bytes.length)
    tell({ kind: 'carry', neighbour, datagramBytes, bytes })
    return true
  }
}

function clock(): number {
  return performance.now()
}

function openCipher(tell: (event: DataPathEvent) => void) {
  const evp = createEvpCipher(loadRecordRun())
  if (evp !== undefined) return { cipher: evp, cipherName: 'openssl' } as const
  tell({ kind: 'log', level: 'warn', message: SLOW_CIPHER })
  return { cipher: createNodeCipher(), cipherName: 'node' } as const
}

function countsOf({ forwarder, counters }: PacketPump) {
  const traffic = [...forwarder.sessions.bytes].map(([peer, bytes]) => ({ peer, ...bytes }))
  return { forwarder: forwarder.counters, traffic, pump: counters, linkDropped: 0 }
}

function rehearse(rehearsal: Rehearsal, tell: (event: DataPathEvent) => void): void {
  try {
    if (rehearsal.play()) tell({ kind: 'scene-played' })
  } catch (error) {
    const message = `frames on a quiet network take longer, since there is no rehearsal: ${String(error)}`
    tell({ kind: 'log', level: 'warn', message })
  }
}

function sendProbe(
  { forwarder }: PacketPump,
  { peer, to, probe }: Extract<DataPathOrder, { kind: 'probe' }>,
  tell: (event: DataPathEvent) => void,
): void {
  const isSent = forwarder.probes.send(peer, { to: forwarder.keys.of(to), probe }, clock())
  if (!isSent) tell({ kind: 'filled', peer, refused: probe.sequence })
}

/**
 * What the kernel does for a frame comes before any process; what this thread does should not have to wait for every busy process
 * of the host. Of this thread alone: on Linux a niceness belongs to a thread (sched(7)).
 */
function takePrecedence(tell: (event: DataPathEvent) => void): void {
  try {
    setPriority(NICENESS)
  } catch {
    // No trouble of the host's: a container, or a lab, is often allowed less than a machine.
    tell({ kind: 'log', level: 'info', message: NO_PRECEDENCE })
  }
}
