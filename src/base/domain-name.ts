/** Labels of 1 to 63 characters, 253 in all (RFC 1035, section 2.3.4), of what host and service names are made of. */
export function isDomainName(name: unknown): name is string {
  if (typeof name !== 'string' || name.length > 253) return false
  return name.split('.').every(label => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
}
