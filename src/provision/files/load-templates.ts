import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Templates } from '../render/templates.ts'

const SUFFIX = '.hbs'

/** A template's path below the folder is the path of the file it makes. */
export function loadTemplates(folder: string): Templates {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(SUFFIX))
    .map(entry => join(entry.parentPath, entry.name))
  const targetOf = (file: string) => `/${relative(folder, file).slice(0, -SUFFIX.length)}`
  return new Templates(new Map(files.map(file => [targetOf(file), readFileSync(file, 'utf8')])))
}
