import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { unpackedProgram } from '../unpacked-program.ts'

/** Programs of this machine that containers are to have as they are: with glibc's resolver, as in an image of a distribution. */
const PROGRAMS = ['/bin/bash', '/bin/ping', '/usr/bin/getent']
/** Loaded by name, so that no program says that it needs them. */
const LOADED = ['/lib/x86_64-linux-gnu/libnss_dns.so.2', '/lib/x86_64-linux-gnu/libnss_files.so.2']

/** Packs a root file system of one program, busybox under all its names, as `file`. */
export function packBusybox(folder: string, file: string): void {
  makeBusybox(folder)
  pack(folder, file)
}

/** The same with some programs of a distribution in front of busybox's. */
export function packDistribution(folder: string, file: string): void {
  makeBusybox(folder)
  for (const program of PROGRAMS) {
    const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)
    for (const path of [program, ...[...libraries].map(([, library = '']) => library)]) copyInto(folder, path)
  }
  mkdirSync(join(folder, 'opt'))
  // Beside busybox's, which knows no UDP.
  copyFileSync(unpackedProgram('netcat-traditional', '/bin/nc.traditional'), join(folder, 'opt', 'nc'))
  for (const path of LOADED) if (existsSync(path)) copyInto(folder, path)
  writeFileSync(join(folder, 'etc', 'nsswitch.conf'), 'hosts: files dns\n')
  pack(folder, file)
}

function makeBusybox(folder: string): void {
  for (const path of ['bin', 'etc', 'tmp']) mkdirSync(join(folder, path), { recursive: true })
  copyFileSync('/bin/busybox', join(folder, 'bin', 'busybox'))
  const names = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).split('\n')
  for (const name of names.filter(one => one !== '' && one !== 'busybox')) {
    symlinkSync('busybox', join(folder, 'bin', name))
  }
  writeFileSync(join(folder, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
}

/** As what a link leads to; what busybox has under that name goes. */
function copyInto(folder: string, path: string): void {
  const place = path.startsWith('/bin/') || path.startsWith('/usr/bin/') ? path.replace(/^(\/usr)?/, '') : path
  mkdirSync(dirname(join(folder, place)), { recursive: true })
  execFileSync('cp', ['-L', '--remove-destination', path, join(folder, place)])
}

function pack(folder: string, file: string): void {
  execFileSync('tar', ['-cf', file, '-C', folder, '.'])
}
