import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DataPath } from '../../../../src/agent/datapath/data-path.ts'
import { loadLibc } from '../../../../src/agent/linux/libc.ts'
import type { TapDevice } from '../../../../src/agent/linux/tap-device.ts'
import type { UdpSocket } from '../../../../src/agent/linux/udp-socket.ts'
import { useTemporaryFolder } from '../temporary-folder.ts'

const SCENES = 3

/** In place of the thread's program: it has no devices, plays scenes that are empty, and logs its orders. */
const PROGRAM = `
import { workerData } from 'node:worker_threads'
const { port } = workerData
let left = ${SCENES}
port.postMessage({ kind: 'loaded' })
port.on('message', ({ kind }) => {
  port.postMessage({ kind: 'log', level: 'info', message: kind })
  if (kind === 'rehearse' && --left > 0) port.postMessage({ kind: 'scene-played' })
  if (kind === 'ask-macs') port.postMessage({ kind: 'macs', macs: { count: 7, listed: [] } })
  if (kind === 'stop') port.close()
})
`

describe('the main thread’s end of the data path', () => {
  const folder = useTemporaryFolder()

  it('says when the thread has loaded its program', async () => {
    const { dataPath, loaded } = start()
    await loaded
    await dataPath.stop()
  })

  it('has the thread keep its code once, before the first scene: after that the engine’s flags may be others', async () => {
    const { dataPath, orders, ended } = start()
    dataPath.rehearse()
    await ended
    await dataPath.stop()
    expect(orders).toEqual(['keep-code', ...Array<string>(SCENES).fill('rehearse'), 'stop'])
  })

  it('asks the thread for the addresses that it has learnt', async () => {
    const { dataPath } = start()
    expect(await dataPath.macs()).toEqual({ count: 7, listed: [] })
    await dataPath.stop()
  })

  it('has the next scene played as soon as others leave it a processor', async () => {
    const answers = [true, true, false]
    const { dataPath, ended } = start(() => answers.shift() ?? false)
    dataPath.rehearse()
    await ended
    await dataPath.stop()
    expect(answers).toEqual([])
  })

  function start(isBusy = () => false) {
    const program = join(folder(), 'program.mjs')
    writeFileSync(program, PROGRAM)
    const orders: string[] = []
    let isLoaded: () => void
    let isOver: () => void
    const loaded = new Promise<void>(resolve => {
      isLoaded = resolve
    })
    const ended = new Promise<void>(resolve => {
      isOver = resolve
    })
    const heard = (order: string) => {
      orders.push(order)
      if (orders.filter(each => each === 'rehearse').length === SCENES) isOver()
    }
    const unexpected = () => {
      throw new Error('unexpected')
    }
    const dataPath = new DataPath({
      libc: loadLibc(),
      tap: {} as TapDevice,
      udp: {} as UdpSocket,
      promptFd: -1,
      program: pathToFileURL(program),
      log: { write: (_level, message) => heard(message) },
      isBusy,
      loaded: () => isLoaded(),
      probed: unexpected,
      wanted: unexpected,
      filled: unexpected,
      worn: unexpected,
      carry: unexpected,
      atWork: unexpected,
      failed: unexpected,
    })
    return { dataPath, orders, loaded, ended }
  }
})
