import type { LabStatus, OnProgress } from '../../lab/index.ts'
import { coloursFor, formatTable, printNotice } from '../output.ts'

/** A terminal shows each detail in the place of the one before; elsewhere one is printed now and then. */
export function progressPrinter(): { readonly onProgress: OnProgress; end(): void } {
  const isTerminal = process.stderr.isTTY === true
  const colours = coloursFor(process.stderr)
  let isOnDetail = false
  let detailAt = 0
  const end = () => {
    if (isOnDetail) process.stderr.write('\r\u001b[K')
    isOnDetail = false
  }
  const detail = (text: string) => {
    if (isTerminal) {
      process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)
      isOnDetail = true
    } else if (performance.now() - detailAt > PLAIN_DETAIL_INTERVAL_MS) {
      detailAt = performance.now()
      printNotice(text)
    }
  }
  const onProgress: OnProgress = ({ kind, text }) => {
    if (kind === 'detail') return detail(text)
    end()
    printNotice(kind === 'warning' ? `${colours.yellow('warning:')} ${text}` : text)
  }
  return { onProgress, end }
}

const PLAIN_DETAIL_INTERVAL_MS = 5000

export function formatLabStatus(status: LabStatus): string {
  const rows = status.hosts.map(host => [
    host.name,
    host.state,
    host.hostClass,
    Object.entries(host.addresses)
      .map(([network, address]) => `${network} ${address}`)
      .join(', '),
    host.memoryBytes === undefined ? '-' : `${Math.round(host.memoryBytes / 2 ** 20)} MB`,
    String(host.processes),
  ])
  const table = formatTable(['HOST', 'STATE', 'CLASS', 'ADDRESSES', 'MEMORY', 'PROCESSES'], rows)
  return [
    `lab ${status.id} is ${status.state}: ${status.folder}`,
    `control machine: ip netns exec ${status.controlNamespace} COMMAND`,
    '',
    table,
    ...(status.cuts.length === 0 ? [] : ['', ...status.cuts.map(({ from, to }) => `cut: ${from} to ${to}`)]),
    ...(status.downPorts.length === 0 ? [] : ['', ...status.downPorts.map(port => `port down: ${port}`)]),
  ].join('\n')
}
