import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../../architecture/project-files.ts'

/** The machine code that `as` makes of a source of the project, in hexadecimal; `folder` takes what is made on the way. */
export function assembled(source: string, folder: string): string {
  const [object, code] = [join(folder, 'assembled.o'), join(folder, 'assembled.bin')]
  execFileSync('as', [join(PROJECT_ROOT, source), '-o', object])
  execFileSync('objcopy', ['-O', 'binary', '-j', '.text', object, code])
  return readFileSync(code).toString('hex')
}
