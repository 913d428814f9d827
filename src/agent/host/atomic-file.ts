import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { sweepTemporaries, temporaryPath } from './temporary-file.ts'

/** After a crash there is the old content or the given one, never a part of it. */
export function replaceFile(path: string, content: string | Uint8Array, mode: number): void {
  inTemporaryFile({ path, content, mode }, temporary => renameSync(temporary, path))
}

/** Like `replaceFile`, but leaves a file that is there already as it is. */
export function createFile(path: string, content: string, mode: number): void {
  inTemporaryFile({ path, content, mode }, temporary => {
    try {
      linkSync(temporary, path)
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    }
  })
}

interface FileWish {
  readonly path: string
  readonly content: string | Uint8Array
  readonly mode: number
}

function inTemporaryFile(wish: FileWish, publish: (temporary: string) => void): void {
  const folder = dirname(wish.path)
  const temporary = temporaryPath(wish.path)
  // First: what is left of others may be what a full disk lacks.
  sweepTemporaries(folder)
  try {
    writeDurably(temporary, wish)
    publish(temporary)
    syncFolder(folder)
  } finally {
    rmSync(temporary, { force: true })
  }
}

function writeDurably(temporary: string, { content, mode }: FileWish): void {
  const fd = openSync(temporary, 'wx', mode)
  try {
    writeFileSync(fd, content)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
