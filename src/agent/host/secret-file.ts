import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { UserError } from '../../base/user-error.ts'

/** Reads a file that only its owner may read; undefined when there is none. Refuses one that others could have read. */
export function readSecret(path: string): string | undefined {
  const fd = openIfThere(path)
  if (fd === undefined) return undefined
  try {
    const { mode, uid } = fstatSync(fd)
    if ((mode & 0o077) !== 0) {
      const found = (mode & 0o777).toString(8).padStart(4, '0')
      const remedy = `chmod 0600 ${path}; if strangers had access, renew the secret with \`weave-provision up\``
      throw new UserError({ cause: `${path} holds a secret and has mode ${found}: others could read it`, remedy })
    }
    if (uid !== process.geteuid?.()) {
      throw new UserError({ cause: `${path} belongs to user ${uid}, not to us`, remedy: `chown root:root ${path}` })
    }
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new UserError({ cause: `${path} cannot be read: ${code}`, remedy: 'run as root' }, undefined, { cause })
  }
}
