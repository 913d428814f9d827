import { assertNever } from '../../base/assert.ts'
import type { Endpoint } from '../../base/endpoint.ts'
import type { Input, IpamAnswer, Output } from '../../core/router/index.ts'
import type { DataPath } from '../datapath/data-path.ts'
import type { FastPathPort } from '../fastpath/fast-path-port.ts'
import type { StateStore } from '../host/state-store.ts'
import type { Admission } from '../transport/admission.ts'
import { dial, NOBODY_LISTENS } from '../transport/dial.ts'
import type { LinkTable } from '../transport/link-table.ts'
import type { Logger } from './logger.ts'
import type { StateSaver } from './state-saver.ts'

export interface EffectsOptions {
  readonly links: LinkTable
  readonly dataPath: Pick<DataPath, 'apply' | 'probe' | 'resizePath' | 'carried' | 'dropped'>
  /** Absent when all frames take the sleeve. */
  readonly fastPath: Pick<FastPathPort, 'apply' | 'probe' | 'applyTunnels'> | undefined
  readonly store: StateStore
  readonly saver: Pick<StateSaver, 'save'>
  readonly log: Logger
  readonly admission: () => Admission
  readonly configuredTargets: () => readonly string[]
  readonly tell: (input: Input) => void
  /** The router answers a request for an address. */
  readonly answered: (ticket: number, answer: IpamAnswer) => void
}

/** Does what the router wants done. */
export class Effects {
  readonly #options: EffectsOptions

  constructor(options: EffectsOptions) {
    this.#options = options
  }

  perform(output: Output): void {
    const { links, dataPath, store, saver, log } = this.#options
    switch (output.kind) {
      case 'dial':
        void this.#dial(output.target)
        return
      case 'link-send':
        return links.send(output.link, output.bytes)
      case 'link-carry':
        if (!links.carry(output.link, output.bytes)) dataPath.dropped()
        return
      case 'carried':
        return dataPath.carried(output.neighbour, output.datagramBytes, output.bytes)
      case 'link-close':
        return links.close(output.link)
      case 'forwarding':
        return dataPath.apply(output.table)
      case 'probe':
        return dataPath.probe(output.peer, output.to, output.probe)
      case 'path-size':
        return dataPath.resizePath(output.peer, output.datagramBytes)
      case 'fast-path':
        return this.#options.fastPath?.apply(output.table)
      case 'tunnels':
        return this.#options.fastPath?.applyTunnels(output)
      case 'fast-probe':
        return this.#options.fastPath?.probe(output)
      case 'store-manifest':
        return saver.save('manifest', () => store.saveManifest(output.signed))
      case 'renumber':
        return saver.save('short id', () => store.saveShortId(output.shortId))
      case 'store-addresses':
        return saver.save('addresses', () => store.saveShared('addresses', output.text))
      case 'store-names':
        return saver.save('names', () => store.saveShared('names', output.text))
      case 'ipam-answer':
        return this.#options.answered(output.ticket, output.answer)
      case 'store-targets':
        return saver.save('targets', () => store.saveTargets(output.targets, this.#options.configuredTargets()))
      case 'log':
        return log.write(output.level, output.message, output.fields)
      default:
        assertNever(output)
    }
  }

  async #dial(target: Endpoint): Promise<void> {
    const { links, tell, admission } = this.#options
    try {
      const { socket, publicKey } = await dial(target, admission())
      links.add(socket, { direction: 'outbound', remote: target, publicKey })
    } catch (cause) {
      const { message: reason } = cause as Error
      tell({ kind: 'dial-failed', target, reason, isAbsent: reason === NOBODY_LISTENS })
    }
  }
}
