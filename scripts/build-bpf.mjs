// Compiles the fast path's programs: bpf/fast-path.c to bpf/fast-path.o, which is committed, so that neither builds nor hosts need clang.
// The same clang makes the same bytes everywhere: no debug information, no version, no path gets in. Argument: another output file.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'bpf')
const output = resolve(process.argv[2] ?? join(folder, 'fast-path.o'))
// Debian keeps asm/types.h in a folder of the architecture.
const includes = ['x86_64', 'aarch64']
  .map(machine => `/usr/include/${machine}-linux-gnu`)
  .filter(path => existsSync(path))

execFileSync(
  'clang',
  [
    ...['-target', 'bpf', '-mcpu=v2', '-O2', '-Wall', '-Werror'],
    ...['-fno-ident', '-fno-addrsig'],
    ...includes.map(path => `-I${path}`),
    ...['-c', 'fast-path.c', '-o', output],
  ],
  { cwd: folder, stdio: 'inherit' },
)
