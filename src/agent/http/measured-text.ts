/** What is known of how a link or a path does. */
export interface MeasuredView {
  readonly forMs?: number
  readonly roundTripMs?: number
  readonly loss?: number
  readonly bytesSent?: number
  readonly bytesReceived?: number
}

/** Since when, latency, loss, bytes: a word or two for each, `-` for what is not known. */
export function describeMeasured(view: MeasuredView): readonly string[] {
  return [
    view.forMs === undefined ? '-' : `for ${formatAge(view.forMs)}`,
    view.roundTripMs === undefined ? '-' : `${view.roundTripMs.toFixed(1)} ms`,
    view.loss === undefined ? '-' : `loss ${(view.loss * 100).toFixed(0)} %`,
    view.bytesSent === undefined ? '-' : `sent ${formatBytes(view.bytesSent)}`,
    view.bytesReceived === undefined ? '-' : `received ${formatBytes(view.bytesReceived)}`,
  ]
}

function formatAge(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`
}

function formatBytes(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`
  if (bytes < 10_000_000) return `${(bytes / 1000).toFixed(0)} kB`
  return bytes < 10_000_000_000 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(0)} GB`
}
