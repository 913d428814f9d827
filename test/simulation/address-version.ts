/** What a host has published: it stands for a signed record. */
export interface Version {
  readonly number: number
  readonly body: Uint8Array
}

export function formatVersion(version: Version | undefined): string | undefined {
  return version && JSON.stringify({ number: version.number, body: Buffer.from(version.body).toString('base64') })
}

export function parseVersion(text: string): Version {
  const { number, body } = JSON.parse(text) as { readonly number: number; readonly body: string }
  return { number, body: new Uint8Array(Buffer.from(body, 'base64')) }
}
