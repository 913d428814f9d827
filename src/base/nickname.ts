import { hasControlCharacters } from './control-characters.ts'

const BYTES_MAX = 255

/** What people call a router: records have room for so much, and tables show it in one line. */
export function isNickname(text: string): boolean {
  return text !== '' && !hasControlCharacters(text) && new TextEncoder().encode(text).length <= BYTES_MAX
}
