import type { Libc } from '../libc.ts'
import {
  askNetlink,
  attribute,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  readAttributes,
  text,
  word,
} from '../netlink.ts'
import { SystemCallError } from '../system-call-error.ts'

/** linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h. */
const RTM_NEWQDISC = 36
const RTM_DELQDISC = 37
const RTM_NEWTFILTER = 44
const RTM_GETTFILTER = 46
const TCA_KIND = 1
const TCA_OPTIONS = 2
const TCA_BPF_FD = 6
const TCA_BPF_NAME = 7
const TCA_BPF_FLAGS = 8
const TCA_BPF_ID = 11
const ACT_DIRECT = 1
const CLSACT = 0xffff_fff1
const CLSACT_HANDLE = 0xffff_0000
const PARENTS = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const
const PRIORITY = 1
const ETH_P_ALL_SWAPPED = 0x0300
const TCMSG_BYTES = 20
/** What the kernel answers when there is no clsact. */
const NO_FILTERS = ['ENOENT', 'EINVAL']

export interface FilterPlace {
  /** Index of the network device. */
  readonly device: number
  readonly direction: keyof typeof PARENTS
}

/**
 * Attaches a program to a device, in the place of ours that is there: no frame passes without one or the other. The kernel keeps the
 * program, and the maps that it uses, as long as the device exists.
 */
export function attachFilter(libc: Libc, place: FilterPlace, program: { name: string; fd: number }): void {
  addClsact(libc, place.device)
  const options = Buffer.concat([
    attribute(TCA_BPF_FD, word(program.fd)),
    attribute(TCA_BPF_NAME, text(program.name)),
    attribute(TCA_BPF_FLAGS, word(ACT_DIRECT)),
  ])
  const info = PRIORITY * 0x1_0000 + ETH_P_ALL_SWAPPED
  const body = Buffer.concat([
    tcMessage({ device: place.device, handle: 1, parent: PARENTS[place.direction], info }),
    attribute(TCA_KIND, text('bpf')),
    attribute(TCA_OPTIONS, options),
  ])
  const request = { type: RTM_NEWTFILTER, flags: NLM_F_ACK | NLM_F_CREATE, body }
  askNetlink(libc, request, `attach the program ${program.name}`)
}

/** Takes all filters from a device, of both directions. */
export function detachFilters(libc: Libc, device: number): void {
  const body = tcMessage({ device, handle: CLSACT_HANDLE, parent: CLSACT, info: 0 })
  try {
    askNetlink(libc, { type: RTM_DELQDISC, flags: NLM_F_ACK, body }, 'take the filters from a device')
  } catch (cause) {
    if (!(cause instanceof SystemCallError) || !NO_FILTERS.includes(cause.code)) throw cause
  }
}

/** Id of the attached program of that name. */
export function findFilter(libc: Libc, place: FilterPlace, name: string): number | undefined {
  const body = tcMessage({ device: place.device, handle: 0, parent: PARENTS[place.direction], info: 0 })
  const answers = askNetlink(libc, { type: RTM_GETTFILTER, flags: NLM_F_DUMP, body }, 'list the filters of a device')
  for (const answer of answers) {
    const options = readAttributes(answer.subarray(TCMSG_BYTES)).get(TCA_OPTIONS)
    const found = readAttributes(options ?? Buffer.alloc(0))
    const isOurs = found.get(TCA_BPF_NAME)?.equals(text(name)) === true
    if (isOurs) return found.get(TCA_BPF_ID)?.readUInt32LE()
  }
  return undefined
}

function addClsact(libc: Libc, device: number): void {
  const body = Buffer.concat([
    tcMessage({ device, handle: CLSACT_HANDLE, parent: CLSACT, info: 0 }),
    attribute(TCA_KIND, text('clsact')),
  ])
  try {
    const request = { type: RTM_NEWQDISC, flags: NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, body }
    askNetlink(libc, request, 'add the qdisc clsact')
  } catch (cause) {
    if (!(cause instanceof SystemCallError) || cause.code !== 'EEXIST') throw cause
  }
}

/** `struct tcmsg`. */
function tcMessage(fields: { device: number; handle: number; parent: number; info: number }): Buffer {
  const bytes = Buffer.alloc(TCMSG_BYTES)
  bytes.writeInt32LE(fields.device, 4)
  bytes.writeUInt32LE(fields.handle, 8)
  bytes.writeUInt32LE(fields.parent, 12)
  bytes.writeUInt32LE(fields.info, 16)
  return bytes
}
