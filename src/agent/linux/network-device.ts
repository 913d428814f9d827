import { type Mac, parseMac } from '../../base/mac.ts'
import { IFF_UP, IFINFOMSG_BYTES, IFLA, IFLA_INFO } from './device-messages.ts'
import { loadLibc } from './libc.ts'
import { askNetlink, attribute, NLM_F_ACK, readAttributes, text, textOf } from './netlink.ts'
import { SystemCallError } from './system-call-error.ts'

/** What the kernel says of a network device. */
export interface NetworkDevice {
  readonly mac: Mac | undefined
  readonly mtu: number
  readonly isUp: boolean
  /** `bridge`, `tun`, `veth` …; undefined for hardware. */
  readonly kind: string | undefined
  /** The bridge that it is a port of. */
  readonly master: string | undefined
}

const RTM_GETLINK = 18
const TYPE_AT = 2
const ARPHRD_ETHER = 1
const FLAGS_AT = 8
/** No such device, and names that no device can have. */
const NOT_THERE = ['ENODEV', 'EINVAL', 'ERANGE']

/** Undefined when there is no such device. The kernel is asked itself (rtnetlink(7)): a program would cost ten times as much. */
export function findDevice(name: string): NetworkDevice | undefined {
  const answer = askForLink(0, [attribute(IFLA.ifname, text(name))])
  return answer === undefined ? undefined : parseLink(answer, nameOf)
}

/** Whether frames of the device with that index have a header of Ethernet. */
export function isEthernet(index: number): boolean {
  return askForLink(index, [])?.readUInt16LE(TYPE_AT) === ARPHRD_ETHER
}

/** `answer`: RTM_NEWLINK, from the `ifinfomsg` on. `nameOf`: of the device with an index. */
export function parseLink(answer: Buffer, nameOf: (index: number) => string | undefined): NetworkDevice {
  const attributes = readAttributes(answer.subarray(IFINFOMSG_BYTES))
  const mac = parseMac(
    attributes
      .get(IFLA.address)
      ?.toString('hex')
      .replace(/(..)(?!$)/g, '$1:') ?? '',
  )
  const kind = readAttributes(attributes.get(IFLA.linkInfo) ?? Buffer.alloc(0)).get(IFLA_INFO.kind)
  const master = attributes.get(IFLA.master)?.readUInt32LE()
  return {
    mac: mac.ok ? mac.value : undefined,
    mtu: attributes.get(IFLA.mtu)?.readUInt32LE() ?? 0,
    isUp: (answer.readUInt32LE(FLAGS_AT) & IFF_UP) !== 0,
    kind: textOf(kind),
    master: master === undefined ? undefined : nameOf(master),
  }
}

function nameOf(index: number): string | undefined {
  const answer = askForLink(index, [])
  return answer === undefined ? undefined : textOf(readAttributes(answer.subarray(IFINFOMSG_BYTES)).get(IFLA.ifname))
}

function askForLink(index: number, attributes: readonly Buffer[]): Buffer | undefined {
  const head = Buffer.alloc(IFINFOMSG_BYTES)
  head.writeInt32LE(index, 4)
  const request = { type: RTM_GETLINK, flags: NLM_F_ACK, body: Buffer.concat([head, ...attributes]) }
  try {
    return askNetlink(loadLibc(), request, 'look for a device')[0]
  } catch (cause) {
    if (cause instanceof SystemCallError && NOT_THERE.includes(cause.code)) return undefined
    throw cause
  }
}
