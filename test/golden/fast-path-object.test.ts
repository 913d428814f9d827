import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECT_ROOT } from '../architecture/project-files.ts'

describe('bpf/fast-path.o', () => {
  it('is what clang makes of the sources: else run `npm run build:bpf` with Debian’s clang and commit it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weave-bpf-'))
    try {
      const made = join(folder, 'made.o')
      execFileSync(process.execPath, [join(PROJECT_ROOT, 'scripts', 'build-bpf.mjs'), made])
      const shipped = readFileSync(join(PROJECT_ROOT, 'bpf', 'fast-path.o'))
      expect(readFileSync(made).toString('hex')).toBe(shipped.toString('hex'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
