import { execFile } from 'node:child_process'
import { rename } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Packs a folder's content. The same content makes the same bytes: no times, owners or order of the machine get in. */
export async function packArchive(folder, archive) {
  const temporary = `${archive}.${process.pid}`
  const reproducible = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=go=rX,u+rw']
  await run('tar', ['-C', folder, ...reproducible, '-I', 'gzip -n', '-cf', temporary, '.'])
  await rename(temporary, archive)
}
