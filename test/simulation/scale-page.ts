/** What is above the first section of docs/scale.md. */
const TITLE = '# Scale\n'

/** Puts a section in the place of the one of the same name, or behind all: each command rewrites its own part of the page. */
export function withSection(page: string, name: string, text: string): string {
  const { begin, end } = marksOf(name)
  const section = `${begin}\n${text.trim()}\n${end}`
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from >= 0 && to > from) return `${page.slice(0, from)}${section}${page.slice(to + end.length)}`
  return `${page.trim() === '' ? TITLE : `${page.trimEnd()}\n`}\n${section}\n`
}

/** What stands in the section; empty where the page has none of that name. */
export function sectionOf(page: string, name: string): string {
  const { begin, end } = marksOf(name)
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  return from >= 0 && to > from ? page.slice(from + begin.length, to) : ''
}

function marksOf(name: string): { readonly begin: string; readonly end: string } {
  return { begin: `<!-- ${name}: begin -->`, end: `<!-- ${name}: end -->` }
}
