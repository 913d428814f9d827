/** `ansible-inventory --list` shows templates as they are written, and vaulted values as a marker. */
export function isUnresolved(value: unknown): boolean {
  const text = JSON.stringify(value) ?? ''
  return text.includes('{{') || text.includes('{%') || text.includes('"__ansible_vault"')
}
