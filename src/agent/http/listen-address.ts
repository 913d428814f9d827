import { parseIpAddress } from '../../base/ip-address.ts'
import { ok, type Result, refused } from '../../base/result.ts'

/** Where HTTP is answered beside the control socket. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** `[IP]:PORT`, or an absolute path (Weave row FLAG-43). Without an address, all of this host's. */
export function parseListenAddress(text: string): Result<ListenAddress> {
  if (text.startsWith('/')) return ok({ kind: 'unix', path: text })
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? (plain === 'localhost' ? '127.0.0.1' : plain)
  const port = Number(digits)
  const isHost = host === '' || parseIpAddress(host).ok
  if (digits === '' || !isHost || port < 1 || port > 65535)
    return refused(`'${text}' is neither ADDRESS:PORT nor a path`)
  return ok({ kind: 'tcp', host: host === '' ? '0.0.0.0' : host, port })
}

export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return address.path
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

export function isLoopback(host: string): boolean {
  return host === '::1' || /^(::ffff:)?127\./.test(host)
}
