import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'

/** How a file is changed. */
export interface FileCalls {
  /** Returns how many of the bytes were taken. */
  write(fd: number, bytes: Uint8Array, at: number): number
  truncate(fd: number, length: number): void
}

const OF_NODE: FileCalls = {
  write: (fd, bytes, at) => writeSync(fd, bytes, 0, bytes.length, at),
  truncate: ftruncateSync,
}

const LINE_FEED = 10

/**
 * Changes the text of a file that cannot be replaced by another, and in which empty lines mean nothing. Whenever this is ended, and whatever fails, all
 * lines of before are there or all of those to be: first the file is made long enough, by empty lines, so that a full disk is met before a line is
 * lost; then one write puts all lines in place, with empty ones up to the end of what was there; and those go last.
 */
export function overwriteInPlace(path: string, change: (before: string) => string, calls = OF_NODE): void {
  const fd = openSync(path, 'r+')
  try {
    const before = readFileSync(fd)
    const after = Buffer.from(change(before.toString('utf8')))
    if (after.equals(before)) return
    const padded = Buffer.alloc(Math.max(before.length, after.length), LINE_FEED)
    lengthen(fd, { from: before.length, to: padded.length }, calls)
    after.copy(padded)
    writeAll(fd, { bytes: padded, at: 0 }, calls)
    if (after.length < padded.length) calls.truncate(fd, after.length)
  } finally {
    closeSync(fd)
  }
}

function lengthen(fd: number, { from, to }: { readonly from: number; readonly to: number }, calls: FileCalls): void {
  try {
    writeAll(fd, { bytes: Buffer.alloc(to - from, LINE_FEED), at: from }, calls)
  } catch (cause) {
    calls.truncate(fd, from)
    throw cause
  }
}

function writeAll(
  fd: number,
  { bytes, at }: { readonly bytes: Uint8Array; readonly at: number },
  calls: FileCalls,
): void {
  for (let taken = 0; taken < bytes.length; ) taken += calls.write(fd, bytes.subarray(taken), at + taken)
}
